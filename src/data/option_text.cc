#include "fcn/option_text.h"

#include <fmt/format.h>

#include <charconv>

#include "fcn/text.h"
#include "models/roles.h"

namespace fcn {
namespace {

constexpr std::string_view kColourForm = "a colour such as \"#804080\" or \"128,64,128\"";
constexpr std::string_view kMappingForm = "a mapping such as \"255:1\", \"7:ignore\" or \"#804080:1\"";

[[noreturn]] void Refuse(std::string_view text, std::string_view form) {
  throw WrongValue{fmt::format("has {}, which is not {}", Quoted(text), form)};
}

std::optional<Colour> HexColour(std::string_view text) {
  uint32_t rgb = 0;
  if (text.size() != 7 || text[0] != '#') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 7, rgb, 16);
  if (error != std::errc() || end != text.data() + 7) return std::nullopt;
  return Colour{static_cast<uint8_t>(rgb >> 16), static_cast<uint8_t>(rgb >> 8 & 255), static_cast<uint8_t>(rgb & 255)};
}

/// Red, green and blue that come one by one.
class Channels {
 public:
  /// Whether the text is the next of them.
  bool Take(std::string_view text) {
    const std::optional<int64_t> value = ParseWhole(text);
    if (!value || *value < 0 || *value > 255) return false;
    taken_.push_back(static_cast<uint8_t>(*value));
    return true;
  }
  bool none() const { return taken_.empty(); }
  /// The colour, once it is whole; then the next one begins.
  std::optional<Colour> Whole() {
    if (taken_.size() < 3) return std::nullopt;
    const Colour colour{taken_[0], taken_[1], taken_[2]};
    taken_.clear();
    return colour;
  }

 private:
  std::vector<uint8_t> taken_;
};

}  // namespace

std::string_view Trimmed(std::string_view text, std::string_view blanks) {
  const size_t first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::vector<std::string> SplitMembers(std::string_view text, std::string_view form) {
  std::vector<std::string> members;
  if (Trimmed(text).empty()) return members;
  for (;;) {
    const size_t comma = text.find(',');
    const std::string_view member = Trimmed(text.substr(0, comma));
    if (member.empty()) Refuse(member, form);
    members.emplace_back(member);
    if (comma == text.npos) return members;
    text.remove_prefix(comma + 1);
  }
}

std::vector<Colour> ParseColours(std::string_view text) {
  std::vector<Colour> colours;
  Channels channels;
  for (const std::string& member : SplitMembers(text, kColourForm)) {
    const std::optional<Colour> hex = HexColour(member);
    if (hex ? !channels.none() : !channels.Take(member)) Refuse(member, kColourForm);
    const std::optional<Colour> colour = hex ? hex : channels.Whole();
    if (colour) colours.push_back(*colour);
  }
  if (!channels.none()) Refuse(text, "colours of three numbers each");
  return colours;
}

std::vector<LabelMapping> ParseMappings(std::string_view text) {
  std::vector<LabelMapping> mappings;
  Channels channels;
  std::string head;
  for (const std::string& member : SplitMembers(text, kMappingForm)) {
    std::string_view whole = member;
    if (channels.none()) {
      const size_t equals = whole.find('=');
      head = equals == whole.npos ? "" : Trimmed(whole.substr(0, equals));
      if (equals != whole.npos && !IsRoleName(head)) Refuse(member, kMappingForm);
      if (equals != whole.npos) whole = Trimmed(whole.substr(equals + 1));
    }
    const size_t colon = whole.find(':');
    const std::string_view from = Trimmed(whole.substr(0, colon));
    if (colon == whole.npos) {  // red or green: the colour goes on behind the comma
      if (!channels.Take(from)) Refuse(member, kMappingForm);
      if (channels.Whole()) Refuse(text, kMappingForm);
      continue;
    }
    LabelMapping mapping;
    std::optional<Colour> colour = channels.none() ? HexColour(from) : std::nullopt;
    if (!channels.none()) {
      if (channels.Take(from)) colour = channels.Whole();
      if (!colour) Refuse(text, kMappingForm);
    }
    const std::optional<int64_t> value = ParseWhole(from);
    if (!colour && !value) Refuse(member, kMappingForm);
    mapping.colour = colour.has_value();
    mapping.from = colour ? int64_t{colour->r} << 16 | int64_t{colour->g} << 8 | colour->b : *value;
    const std::string_view to = Trimmed(whole.substr(colon + 1));
    const std::optional<int64_t> label = ParseWhole(to);
    mapping.ignored = to == "ignore";
    if (!label && !mapping.ignored) Refuse(member, kMappingForm);
    mapping.to = label.value_or(0);
    mapping.head = head;
    mappings.push_back(mapping);
  }
  if (!channels.none()) Refuse(text, kMappingForm);
  return mappings;
}

std::optional<int64_t> ParseWhole(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::pair<int64_t, int64_t>> ParseWidthHeight(std::string_view text) {
  const size_t cross = text.find('x');
  if (cross == text.npos) return std::nullopt;
  const auto width = ParseWhole(Trimmed(text.substr(0, cross))), height = ParseWhole(Trimmed(text.substr(cross + 1)));
  if (!width || !height) return std::nullopt;
  return std::pair(*width, *height);
}

std::string ColourText(const Colour& colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", colour.r, colour.g, colour.b);
}

std::string MappingText(const LabelMapping& mapping) {
  return fmt::format("{}{}{}:{}", mapping.head, mapping.head.empty() ? "" : "=",
                     mapping.colour ? fmt::format("#{:06x}", mapping.from) : std::to_string(mapping.from),
                     mapping.ignored ? "ignore" : std::to_string(mapping.to));
}

}  // namespace fcn
