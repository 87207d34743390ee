#include "train/config_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/utf8.h"
#include "data/text_lines.h"
#include "fcn/option_text.h"
#include "fcn/text.h"

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
  if (!IsPlainText(text->get())) throw WrongValue{fmt::format("has a control character in {}", Quoted(text->get()))};
  return text->get();
}

constexpr size_t kMaxMembers = 65536;  // as many as there can be classes

/// A list as one text, as a flag has it: a text is one already, and a list's members get commas between.
std::string ListText(const toml::node& node, const std::string& expected, const std::string& form) {
  if (node.is_string()) return Text(node, expected);
  std::vector<std::string> members;
  ForMembers(node, expected, 0, kMaxMembers, [&](const toml::node& member) {
    members.push_back(Text(member, expected));
    if (Trimmed(members.back()).empty()) throw WrongValue{fmt::format("has \"\", which is not {}", form)};
  });
  return fmt::format("{}", fmt::join(members, ","));
}

/// Of what is hidden, TOML has the same escapes as Shown, but for control characters of one byte, which are refused.
std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return IsPlainText(text) ? Shown(quoted) + '"' : quoted + '"';
}

/// Commas and spaces between the members, as texts in quotes or as what write(member) makes of them.
template <typename T, typename Write>
std::string List(const std::vector<T>& members, const Write& write) {
  std::vector<std::string> texts;
  texts.reserve(members.size());
  for (const T& member : members) texts.push_back(write(member));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

/// A flag's number. TOML is stricter: it knows no ".5".
std::string TomlNumber(std::string_view text) {
  if (const auto whole = Number<int64_t>(text)) return WriteValue(*whole);
  const auto number = Number<double>(text);
  if (!number) throw WrongValue{fmt::format("must be a number, not {}", Quoted(text))};
  return WriteValue(*number);
}

/// A list of numbers, or a text with commas between them.
std::vector<double> Numbers(const toml::node& node, const ConfigKey& key, const std::string& expected, size_t least,
                            size_t most) {
  std::vector<double> numbers;
  if (!node.is_string()) {
    ForMembers(node, expected, least, most,
               [&](const toml::node& member) { ReadValue(member, key, numbers.emplace_back()); });
    return numbers;
  }
  for (const std::string& member : SplitMembers(Text(node, expected), "a number")) {
    const auto number = Number<double>(member);
    if (!number) throw WrongValue{fmt::format("must be {}, not {}", expected, Quoted(member))};
    CheckRange(key, *number);
    numbers.push_back(*number);
  }
  if (numbers.size() < least || numbers.size() > most)
    throw WrongValue{fmt::format("must be {}, not a list of {}", expected, numbers.size())};
  return numbers;
}

}  // namespace

void ReadValue(const toml::node& node, const ConfigKey&, std::string& value) { value = Text(node, "a text"); }

size_t ReadName(const toml::node& node, const std::vector<std::string_view>& names) {
  const std::string text = Text(node, "a text");
  const auto found = std::ranges::find(names, text);
  if (found == names.end())
    throw WrongValue{fmt::format("must be one of {}, not {}", fmt::join(names, ", "), Quoted(text))};
  return static_cast<size_t>(found - names.begin());
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
  constexpr const char* kExpected = "a width and a height";
  std::vector<int64_t> sides;
  if (node.is_string()) {
    const std::string text = Text(node, kExpected);
    const auto size = ParseWidthHeight(text);
    if (!size) throw WrongValue{fmt::format("must be {} such as 640x480, not {}", kExpected, Quoted(text))};
    sides = {size->first, size->second};
    for (const int64_t side : sides) CheckRange(key, side);
  } else {
    ForMembers(node, kExpected, 2, 2, [&](const toml::node& member) { ReadValue(member, key, sides.emplace_back()); });
  }
  value = {.width = sides[0], .height = sides[1]};
}

void ReadValue(const toml::node& node, const ConfigKey& key, std::array<double, 2>& value) {
  const std::vector<double> numbers = Numbers(node, key, "two numbers", 2, 2);
  value = {numbers[0], numbers[1]};
}

void ReadValue(const toml::node& node, const ConfigKey& key, ClassWeights& value) {
  const std::string expected = "\"none\", \"median\" or a number for each class";
  const std::string word = node.is_string() ? std::string(Trimmed(Text(node, expected))) : std::string();
  if (word == "none" || word == "median")
    value = {.kind = word == "none" ? ClassWeights::Kind::kNone : ClassWeights::Kind::kMedian, .given = {}};
  else
    value = {.kind = ClassWeights::Kind::kGiven, .given = Numbers(node, key, expected, 1, kMaxMembers)};
}

void ReadValue(const toml::node& node, const ConfigKey&, std::vector<std::string>& value) {
  constexpr const char* kForm = "a name";
  const std::string expected = "a list of texts";
  std::vector<std::string> names;
  if (node.is_string()) {
    names = SplitMembers(Text(node, expected), kForm);
  } else {  // members are whole: names may have commas
    ForMembers(node, expected, 0, kMaxMembers, [&](const toml::node& member) {
      names.emplace_back(Trimmed(Text(member, expected)));
      if (names.back().empty()) throw WrongValue{fmt::format("has \"\", which is not {}", kForm)};
    });
  }
  value = std::move(names);
}

void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<int64_t>& value) {
  const std::string expected = "a list of whole numbers";
  std::vector<int64_t> numbers;
  if (node.is_string()) {
    for (const std::string& member : SplitMembers(Text(node, expected), "a whole number")) {
      const std::optional<int64_t> number = ParseWhole(member);
      if (!number) throw WrongValue{fmt::format("must be {}, not {}", expected, Quoted(member))};
      CheckRange(key, *number);
      numbers.push_back(*number);
    }
  } else {
    ForMembers(node, expected, 0, kMaxMembers,
               [&](const toml::node& member) { ReadValue(member, key, numbers.emplace_back()); });
  }
  value = std::move(numbers);
}

void ReadValue(const toml::node& node, const ConfigKey&, std::vector<Colour>& value) {
  value = ParseColours(ListText(node, "a list of colours", "a colour"));
}

void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<LabelMapping>& value) {
  std::vector<LabelMapping> mappings = ParseMappings(ListText(node, "a list of mappings", "a mapping"));
  for (const LabelMapping& mapping : mappings) {
    if (!mapping.colour) CheckRange(key, mapping.from);
    CheckRange(key, mapping.to);
  }
  value = std::move(mappings);
}

void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<NamedFactor>& value) {
  const std::string form = "a multiplier such as \"backbone.:0.1\"";
  std::vector<NamedFactor> multipliers;
  for (const std::string& member : SplitMembers(ListText(node, "a list of multipliers", form), form)) {
    const size_t colon = member.rfind(':');
    const std::string_view prefix = Trimmed(std::string_view(member).substr(0, colon));
    const auto number =
        colon == member.npos ? std::nullopt : Number<double>(Trimmed(std::string_view(member).substr(colon + 1)));
    if (prefix.empty() || !number) throw WrongValue{fmt::format("has {}, which is not {}", Quoted(member), form)};
    CheckRange(key, *number);
    multipliers.push_back({.name = std::string(prefix), .factor = *number});
  }
  value = std::move(multipliers);
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
  return List(value, [](const Colour& colour) { return Quote(ColourText(colour)); });
}

std::string WriteValue(const std::vector<LabelMapping>& value) {
  return List(value, [](const LabelMapping& mapping) { return Quote(MappingText(mapping)); });
}

std::string WriteValue(const std::vector<NamedFactor>& value) {
  return List(value,
              [](const NamedFactor& one) { return Quote(fmt::format("{}:{}", one.name, WriteValue(one.factor))); });
}

std::string TomlOfText(std::string_view text, const std::string&) { return Quote(text); }

std::string TomlOfText(std::string_view text, bool) {
  if (text != "true" && text != "false") throw WrongValue{fmt::format("must be true or false, not {}", Quoted(text))};
  return std::string(text);
}

std::string TomlOfText(std::string_view text, int64_t) { return TomlNumber(text); }
std::string TomlOfText(std::string_view text, double) { return TomlNumber(text); }

}  // namespace fcn
