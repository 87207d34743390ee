#include "data/lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "data/text_lines.h"
#include "fcn/error.h"
#include "fcn/option_text.h"
#include "fcn/text.h"

namespace fcn {
namespace {

constexpr size_t kLongestPath = 4095;  // of Linux

/// Takes a path off the beginning that stands in quotes, or ends at one of `ends`.
std::string_view TakePath(std::string_view& line, std::string_view ends) {
  const bool quoted = line.starts_with('"') && line.find('"', 1) != line.npos;
  const size_t end = quoted ? line.find('"', 1) : std::min(line.find_first_of(ends), line.size());
  const std::string_view path = quoted ? line.substr(1, end - 1) : Trimmed(line.substr(0, end));
  line = Trimmed(line.substr(std::min(end + (quoted ? 1 : 0), line.size())));
  return path;
}

/// The line as two paths with one of `gaps` between; none where there are more or fewer.
std::optional<ListEntry> TwoPaths(std::string_view line, std::string_view gaps) {
  std::string_view image = TakePath(line, gaps);
  if (image.ends_with(',')) image.remove_suffix(1);
  if (line.starts_with(',') || (!line.empty() && gaps.find(line[0]) != gaps.npos)) line = Trimmed(line.substr(1));
  const std::string_view labels = TakePath(line, gaps);
  if (image.empty() || labels.empty() || !line.empty()) return std::nullopt;
  return ListEntry{std::string(image), std::string(labels)};
}

/// The line cut at each of its blanks, where that gives two files that are there.
std::optional<ListEntry> ExistingPaths(std::string_view line, EntryExists exists) {
  constexpr size_t kMostWords = 64;  // each of them asks the file system
  size_t words = 0;
  for (size_t gap = line.find_first_of(kBlanks); gap != line.npos && words < kMostWords; words++) {
    const ListEntry entry{std::string(line.substr(0, gap)), std::string(Trimmed(line.substr(gap)))};
    if (exists(entry)) return entry;
    gap = line.find_first_of(kBlanks, line.find_first_not_of(kBlanks, gap));
  }
  return std::nullopt;
}

/// The line as paths with one of `gaps` between; none where one is empty.
std::vector<std::string> Paths(std::string_view line, std::string_view gaps) {
  std::vector<std::string> paths;
  do {
    std::string_view path = TakePath(line, gaps);
    if (path.ends_with(',')) path.remove_suffix(1);
    if (path.empty() || path.size() > kLongestPath) return {};
    if (line.starts_with(',') || (!line.empty() && gaps.find(line[0]) != gaps.npos)) line = Trimmed(line.substr(1));
    paths.emplace_back(path);
  } while (!line.empty());
  return paths;
}

/// The line as paths, so many if it can be read so.
std::vector<std::string> Paths(std::string_view line, size_t count) {
  std::vector<std::string> paths = Paths(line, line.find('\t') != line.npos ? "\t" : kBlanks);
  return paths.size() == count ? paths : Paths(line, ",");
}

}  // namespace

std::vector<std::vector<std::string>> ParseColumns(std::string_view text, const std::string& name, size_t columns) {
  std::vector<std::vector<std::string>> lines;
  ForEachLine(text, name, [&](std::string_view line, size_t number) {
    if (line.starts_with('#')) return;
    std::vector<std::string> paths = Paths(line, columns);
    if (paths.size() != columns)
      throw Error(ErrorCode::kInput,
                  fmt::format("line {} of {} is not {} paths: {}", number, name, columns, Quoted(line)),
                  "Each line names the files of a sample, the inputs' and then the heads', with spaces between; paths "
                  "with spaces stand in quotes.");
    lines.push_back(std::move(paths));
  });
  return lines;
}

bool HasColumns(std::string_view text, const std::string& name, size_t columns) {
  std::optional<bool> has;
  ForEachLine(text, name, [&](std::string_view line, size_t) {
    if (!has && !line.starts_with('#')) has = Paths(line, columns).size() == columns;
  });
  return has.value_or(false);
}

std::vector<ListEntry> ParseList(std::string_view text, const std::string& name, EntryExists exists) {
  std::vector<ListEntry> entries;
  ForEachLine(text, name, [&](std::string_view line, size_t number) {
    if (line.starts_with('#')) return;
    std::optional<ListEntry> entry = TwoPaths(line, line.find('\t') != line.npos ? "\t" : kBlanks);
    if (!entry) entry = ExistingPaths(line, exists);
    if (!entry) entry = TwoPaths(line, ",");
    if (!entry || entry->image.size() > kLongestPath || entry->labels.size() > kLongestPath)
      throw Error(
          ErrorCode::kInput, fmt::format("line {} of {} is not \"image label\": {}", number, name, Quoted(line)),
          "Each line names a picture and its labels, with a space between; paths with spaces stand in quotes, or "
          "have a tab between them.");
    entries.push_back(std::move(*entry));
  });
  return entries;
}

std::vector<std::string> ParseNames(std::string_view text, const std::string& name) {
  std::vector<std::string> names;
  ForEachLine(text, name, [&](std::string_view line, size_t number) {
    if (line.starts_with('#')) return;
    if (line.size() > kLongestPath)
      throw Error(ErrorCode::kInput,
                  fmt::format("line {} of {} is no name: it has {} bytes", number, name, line.size()),
                  "Each line names a picture.");
    std::string_view rest = line;
    const std::string_view quoted = line.starts_with('"') ? TakePath(rest, "") : line;
    names.emplace_back(rest.empty() ? quoted : line);
  });
  return names;
}

void CheckInnerName(const std::string& picture, const std::string& name) {
  const std::filesystem::path path = picture;
  if (path.is_relative() && std::ranges::find(path, "..") == path.end()) return;
  throw Error(ErrorCode::kInput, fmt::format("{} has {}, which is no name of a picture", name, Quoted(picture)),
              "Names are those of pictures inside of the data set, such as 2008_000001: they do not lead out of its "
              "folder.");
}

std::pair<size_t, size_t> Split::Range(size_t size) const {
  const auto count = static_cast<int64_t>(size);
  const auto place = [count](int64_t bound) {
    return static_cast<size_t>(std::clamp(bound < 0 ? bound + count : bound, int64_t{0}, count));
  };
  const size_t first = place(begin.value_or(0)), last = place(end.value_or(count));
  return {first, std::max(first, last)};
}

namespace {

/// "train - a - b": the first name, and the others.
Split SplitWithout(const std::string& text) {
  constexpr std::string_view kMinus = " - ";
  const size_t first = text.find(kMinus);
  Split split{text.substr(0, first)};
  for (size_t at = first; at != text.npos;) {
    const size_t begin = at + kMinus.size();
    at = text.find(kMinus, begin);
    split.without.emplace_back(Trimmed(std::string_view(text).substr(begin, at - begin)));
  }
  if (first != text.npos && (split.name.empty() || std::ranges::find(split.without, "") != split.without.end()))
    throw Error(ErrorCode::kUsage, fmt::format("{} does not say what is taken from what", Quoted(text)),
                "A split without the names of another, or of a list, is written with a minus between blanks: "
                "'train - ../VOC2012/ImageSets/Segmentation/val.txt'.");
  return split;
}

}  // namespace

Split ParseSplit(const std::string& text) {
  const size_t bracket = text.find('[');
  if (bracket == std::string::npos) return SplitWithout(text);
  const auto wrong = [&] {
    return Error(
        ErrorCode::kUsage, fmt::format("{} is not a split", Quoted(text)),
        "A part of a split is written as in Python: train[:380], train[380:], train[100:200]; it stands behind "
        "what is left out: 'train - val[:380]'.");
  };
  const std::string_view slice = std::string_view(text).substr(bracket + 1);
  const size_t colon = slice.find(':');
  if (slice.empty() || slice.back() != ']' || colon == slice.npos) throw wrong();
  const auto bound = [&](std::string_view digits) -> std::optional<int64_t> {
    if (digits.empty()) return std::nullopt;
    const std::optional<int64_t> value = ParseWhole(digits);
    if (!value) throw wrong();
    return std::clamp(*value, int64_t{-1} << 40, int64_t{1} << 40);
  };
  Split split = SplitWithout(text.substr(0, bracket));
  split.begin = bound(slice.substr(0, colon));
  split.end = bound(slice.substr(colon + 1, slice.size() - colon - 2));
  return split;
}

}  // namespace fcn
