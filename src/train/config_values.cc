#include "train/config_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/quoted.h"

namespace fcn {
namespace {

const char* TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

[[noreturn]] void WrongType(const std::string& expected, const toml::node& node) {
  throw WrongValue{fmt::format("must be {}, not {}", expected, TypeName(node))};
}

/// All of `text` as a number.
template <typename T>
std::optional<T> Number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <typename T>
void CheckRange(const ConfigKey& key, T value) {
  const auto number = static_cast<double>(value);
  if (number <= key.most && (key.above_least ? number > key.least : number >= key.least)) return;
  throw WrongValue{fmt::format("must be {} {} and at most {}, not {}", key.above_least ? "above" : "at least",
                               key.least, key.most, value)};
}

/// Calls read(member) for each member of a list.
template <typename Read>
void ForMembers(const toml::node& node, const std::string& expected, size_t least, size_t most, const Read& read) {
  const toml::array* list = node.as_array();
  if (list == nullptr) WrongType(expected, node);
  if (list->size() < least || list->size() > most)
    throw WrongValue{fmt::format("must be {}, not a list of {}", expected, list->size())};
  for (const toml::node& member : *list) read(member);
}

std::string Text(const toml::node& node, const std::string& expected) {
  const auto* text = node.as_string();
  if (text == nullptr) WrongType(expected, node);
  for (const char c : text->get())
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      throw WrongValue{fmt::format("has a control character in {}", Quoted(text->get()))};
  return text->get();
}

constexpr size_t kMaxMembers = 65536;  // as many as there can be classes

/// A list of texts, of which parse(text) makes the members, or nothing where the text has another form.
template <typename T, typename Parse>
void ReadTexts(const toml::node& node, const std::string& expected, const std::string& form, std::vector<T>& value,
               const Parse& parse) {
  std::vector<T> members;
  ForMembers(node, expected, 0, kMaxMembers, [&](const toml::node& member) {
    const std::string text = Text(member, expected);
    std::optional<T> parsed = parse(text);
    if (!parsed) throw WrongValue{fmt::format("has {}, which is not {}", Quoted(text), form)};
    members.push_back(std::move(*parsed));
  });
  value = std::move(members);
}

std::optional<Colour> ParseColour(std::string_view text) {
  if (text.size() != 7 || text[0] != '#' || text.find_first_not_of("0123456789abcdefABCDEF", 1) != text.npos)
    return std::nullopt;
  const auto channel = [&](size_t at) {
    uint8_t number = 0;
    std::from_chars(text.data() + at, text.data() + at + 2, number, 16);
    return number;
  };
  return Colour{channel(1), channel(3), channel(5)};
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

/// Commas and spaces between the members, as texts in quotes or as what write(member) makes of them.
template <typename T, typename Write>
std::string List(const std::vector<T>& members, const Write& write) {
  std::vector<std::string> texts;
  for (const T& member : members) texts.push_back(write(member));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at; (at = text.find(separator)) != text.npos; text.remove_prefix(at + 1))
    parts.push_back(text.substr(0, at));
  parts.push_back(text);
  return parts;
}

/// A flag's number. TOML is stricter: it knows no ".5".
std::string TomlNumber(std::string_view text) {
  if (const auto whole = Number<int64_t>(text)) return WriteValue(*whole);
  const auto number = Number<double>(text);
  if (!number) throw WrongValue{fmt::format("must be a number, not {}", Quoted(text))};
  return WriteValue(*number);
}

std::string TomlNumbers(std::string_view text, char separator) { return List(Split(text, separator), TomlNumber); }

}  // namespace

void ReadValue(const toml::node& node, const ConfigKey& key, std::string& value) {
  std::string text = Text(node, "a text");
  if (!key.choices.empty() && std::ranges::find(key.choices, text) == key.choices.end())
    throw WrongValue{fmt::format("must be one of {}, not {}", fmt::join(key.choices, ", "), Quoted(text))};
  value = std::move(text);
}

void ReadValue(const toml::node& node, const ConfigKey&, bool& value) {
  const auto* boolean = node.as_boolean();
  if (boolean == nullptr) WrongType("true or false", node);
  value = boolean->get();
}

void ReadValue(const toml::node& node, const ConfigKey& key, int64_t& value) {
  if (const auto* number = node.as_floating_point())
    throw WrongValue{fmt::format("must be a whole number, not {}", WriteValue(number->get()))};
  const auto* whole = node.as_integer();
  if (whole == nullptr) WrongType("a whole number", node);
  CheckRange(key, whole->get());
  value = whole->get();
}

void ReadValue(const toml::node& node, const ConfigKey& key, double& value) {
  const auto number = node.is_number() ? node.value<double>() : std::nullopt;
  if (!number) WrongType("a number", node);
  CheckRange(key, *number);
  value = *number;
}

void ReadValue(const toml::node& node, const ConfigKey& key, CropSize& value) {
  std::vector<int64_t> sides;
  ForMembers(node, "a width and a height", 2, 2,
             [&](const toml::node& member) { ReadValue(member, key, sides.emplace_back()); });
  value = {.width = sides[0], .height = sides[1]};
}

void ReadValue(const toml::node& node, const ConfigKey& key, std::array<double, 2>& value) {
  std::vector<double> numbers;
  ForMembers(node, "two numbers", 2, 2,
             [&](const toml::node& member) { ReadValue(member, key, numbers.emplace_back()); });
  value = {numbers[0], numbers[1]};
}

void ReadValue(const toml::node& node, const ConfigKey& key, ClassWeights& value) {
  const std::string expected = "\"none\", \"median\" or a number for each class";
  if (node.is_string()) {
    const std::string text = Text(node, expected);
    if (text != "none" && text != "median") throw WrongValue{fmt::format("must be {}, not {}", expected, Quoted(text))};
    value = {.kind = text == "none" ? ClassWeights::Kind::kNone : ClassWeights::Kind::kMedian, .given = {}};
    return;
  }
  ClassWeights given{.kind = ClassWeights::Kind::kGiven, .given = {}};
  ForMembers(node, expected, 1, kMaxMembers,
             [&](const toml::node& member) { ReadValue(member, key, given.given.emplace_back()); });
  value = std::move(given);
}

void ReadValue(const toml::node& node, const ConfigKey&, std::vector<std::string>& value) {
  ReadTexts(node, "a list of texts", "a name", value, [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);  // an empty beginning would fit every name
  });
}

void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<int64_t>& value) {
  std::vector<int64_t> numbers;
  ForMembers(node, "a list of whole numbers", 0, kMaxMembers,
             [&](const toml::node& member) { ReadValue(member, key, numbers.emplace_back()); });
  value = std::move(numbers);
}

void ReadValue(const toml::node& node, const ConfigKey&, std::vector<Colour>& value) {
  ReadTexts(node, "a list of colours", "a colour such as \"#80ff00\"", value, ParseColour);
}

void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<LabelMapping>& value) {
  ReadTexts(node, "a list of mappings", "a mapping such as \"255:1\"", value, [&](std::string_view text) {
    const auto parts = Split(text, ':');
    const auto from = Number<int64_t>(parts[0]), to = Number<int64_t>(parts.back());
    if (parts.size() != 2 || !from || !to) return std::optional<LabelMapping>();
    CheckRange(key, *from);
    CheckRange(key, *to);
    return std::optional(LabelMapping{.from = *from, .to = *to});
  });
}

void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<RuleOptions::Prefix>& value) {
  ReadTexts(node, "a list of multipliers", "a multiplier such as \"backbone.:0.1\"", value, [&](std::string_view text) {
    const size_t colon = text.rfind(':');
    const auto number = Number<double>(text.substr(std::min(colon, text.size() - 1) + 1));
    if (colon == 0 || colon == text.npos || !number) return std::optional<RuleOptions::Prefix>();
    CheckRange(key, *number);
    return std::optional(RuleOptions::Prefix{.prefix = std::string(text.substr(0, colon)), .multiplier = *number});
  });
}

std::string WriteValue(const std::string& value) { return Quote(value); }
std::string WriteValue(bool value) { return value ? "true" : "false"; }
std::string WriteValue(int64_t value) { return std::to_string(value); }

std::string WriteValue(double value) {
  std::string text = fmt::format("{}", value);  // the shortest that reads back equal
  if (text.find_first_of(".en") == text.npos) text += ".0";
  return text;
}

std::string WriteValue(const CropSize& value) { return fmt::format("[{}, {}]", value.width, value.height); }

std::string WriteValue(const std::array<double, 2>& value) {
  return fmt::format("[{}, {}]", WriteValue(value[0]), WriteValue(value[1]));
}

std::string WriteValue(const ClassWeights& value) {
  if (value.kind == ClassWeights::Kind::kGiven)
    return List(value.given, [](double number) { return WriteValue(number); });
  return value.kind == ClassWeights::Kind::kNone ? "\"none\"" : "\"median\"";
}

std::string WriteValue(const std::vector<std::string>& value) { return List(value, Quote); }

std::string WriteValue(const std::vector<int64_t>& value) {
  return List(value, [](int64_t number) { return WriteValue(number); });
}

std::string WriteValue(const std::vector<Colour>& value) {
  return List(value, [](const Colour& c) { return fmt::format("\"#{:02x}{:02x}{:02x}\"", c.r, c.g, c.b); });
}

std::string WriteValue(const std::vector<LabelMapping>& value) {
  return List(value, [](const LabelMapping& one) { return fmt::format("\"{}:{}\"", one.from, one.to); });
}

std::string WriteValue(const std::vector<RuleOptions::Prefix>& value) {
  return List(value, [](const RuleOptions::Prefix& one) {
    return Quote(fmt::format("{}:{}", one.prefix, WriteValue(one.multiplier)));
  });
}

std::string TomlOfText(std::string_view text, const std::string&) { return Quote(text); }

std::string TomlOfText(std::string_view text, bool) {
  if (text != "true" && text != "false") throw WrongValue{fmt::format("must be true or false, not {}", Quoted(text))};
  return std::string(text);
}

std::string TomlOfText(std::string_view text, int64_t) { return TomlNumber(text); }
std::string TomlOfText(std::string_view text, double) { return TomlNumber(text); }
std::string TomlOfText(std::string_view text, const CropSize&) { return TomlNumbers(text, 'x'); }
std::string TomlOfText(std::string_view text, const std::array<double, 2>&) { return TomlNumbers(text, ','); }

std::string TomlOfText(std::string_view text, const ClassWeights&) {
  if (text == "none" || text == "median") return Quote(text);
  return TomlNumbers(text, ',');
}

std::string TomlOfText(std::string_view text, const std::vector<int64_t>&) {
  return text.empty() ? "[]" : TomlNumbers(text, ',');
}

std::string TomlOfList(std::string_view text) {
  if (text.empty()) return "[]";
  return List(Split(text, ','), Quote);
}

}  // namespace fcn
