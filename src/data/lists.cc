#include "data/lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/quoted.h"
#include "fcn/error.h"

namespace fcn {
namespace {

constexpr std::string_view kSpace = " \t\r\v\f";
constexpr size_t kMostClasses = 65000;  // below the labels with a meaning of their own

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Calls body(line, number) for each line that says something. A byte order mark, as some editors write it, is skipped.
template <typename Body>
void ForEachLine(std::string_view text, const std::string& name, Body body) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  size_t number = 1;
  for (; !text.empty(); number++) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find('\0') != line.npos)
      throw Error(ErrorCode::kInput, fmt::format("{} is no text: line {} has a zero byte", name, number));
    if (!line.empty() && line[0] != '#') body(line, number);
  }
}

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint8_t> TakeLastByte(std::string_view& line) {
  const size_t space = line.find_last_of(kSpace);
  if (space == line.npos) return std::nullopt;
  const std::optional<int64_t> value = WholeNumber(line.substr(space + 1));
  if (!value || *value < 0 || *value > 255) return std::nullopt;
  line = Trimmed(line.substr(0, space));
  return static_cast<uint8_t>(*value);
}

/// Takes "r g b" off the end of a line that has more than these.
std::optional<Colour> TakeColour(std::string_view& line) {
  std::string_view rest = line;
  const auto b = TakeLastByte(rest), g = b ? TakeLastByte(rest) : b, r = g ? TakeLastByte(rest) : g;
  if (!r || rest.empty()) return std::nullopt;
  line = rest;
  return Colour{*r, *g, *b};
}

}  // namespace

std::vector<ListEntry> ParseList(std::string_view text, const std::string& name) {
  std::vector<ListEntry> entries;
  ForEachLine(text, name, [&](std::string_view line, size_t number) {
    const bool tabbed = line.find('\t') != line.npos;
    const size_t gap = tabbed ? line.find('\t') : line.find_first_of(kSpace);
    const std::string_view image = Trimmed(line.substr(0, gap));
    const std::string_view labels = gap == line.npos ? std::string_view() : Trimmed(line.substr(gap));
    if (labels.empty() || labels.find_first_of(tabbed ? "\t" : kSpace) != labels.npos)
      throw Error(ErrorCode::kInput,
                  fmt::format("line {} of {} is not \"image label\": {}", number, name, Quoted(line)),
                  "Each line names a picture and its labels, with a space between, or a tab where a path has spaces.");
    entries.push_back({std::string(image), std::string(labels)});
  });
  return entries;
}

std::vector<std::string> ParseNames(std::string_view text, const std::string& name) {
  std::vector<std::string> names;
  ForEachLine(text, name, [&](std::string_view line, size_t number) {
    if (line.find_first_of(kSpace) != line.npos)
      throw Error(ErrorCode::kInput, fmt::format("line {} of {} is not one name: {}", number, name, Quoted(line)));
    names.emplace_back(line);
  });
  return names;
}

ClassNames ParseClassNames(std::string_view text, const std::string& name) {
  ClassNames classes;
  std::set<std::string, std::less<>> seen;
  ForEachLine(text, name, [&](std::string_view line, size_t number) {
    const std::optional<Colour> colour = TakeColour(line);
    if (colour.has_value() != (classes.palette.size() == classes.names.size()) && !classes.names.empty())
      throw Error(ErrorCode::kInput, fmt::format("line {} of {} has {} colour, unlike the lines before", number, name,
                                                 colour ? "a" : "no"));
    if (!seen.emplace(line).second)
      throw Error(ErrorCode::kInput, fmt::format("line {} of {} names {} again", number, name, Quoted(line)));
    if (classes.names.size() == kMostClasses)
      throw Error(ErrorCode::kInput, fmt::format("{} names more than {} classes", name, kMostClasses));
    classes.names.emplace_back(line);
    if (colour) classes.palette.push_back(*colour);
  });
  if (classes.names.empty()) throw Error(ErrorCode::kInput, fmt::format("{} names no class", name));
  return classes;
}

std::pair<size_t, size_t> Split::Range(size_t size) const {
  const auto count = static_cast<int64_t>(size);
  const auto place = [count](int64_t bound) {
    return static_cast<size_t>(std::clamp(bound < 0 ? bound + count : bound, int64_t{0}, count));
  };
  const size_t first = place(begin.value_or(0)), last = place(end.value_or(count));
  return {first, std::max(first, last)};
}

Split ParseSplit(const std::string& text) {
  const size_t bracket = text.find('[');
  if (bracket == std::string::npos) return {text, {}, {}};
  const auto wrong = [&] {
    return Error(ErrorCode::kUsage, fmt::format("{} is not a split", Quoted(text)),
                 "A part of a split is written as in Python: train[:380], train[380:], train[100:200].");
  };
  const std::string_view slice = std::string_view(text).substr(bracket + 1);
  const size_t colon = slice.find(':');
  if (slice.empty() || slice.back() != ']' || colon == slice.npos) throw wrong();
  const auto bound = [&](std::string_view digits) -> std::optional<int64_t> {
    if (digits.empty()) return std::nullopt;
    const std::optional<int64_t> value = WholeNumber(digits);
    if (!value) throw wrong();
    return std::clamp(*value, int64_t{-1} << 40, int64_t{1} << 40);
  };
  return {text.substr(0, bracket), bound(slice.substr(0, colon)),
          bound(slice.substr(colon + 1, slice.size() - colon - 2))};
}

}  // namespace fcn
