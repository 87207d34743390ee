#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcn/function_ref.h"

/// The small text files that describe data sets. In all of them blank lines and lines that begin with # are left out,
/// and lines may end with CR LF. `name` is what messages call the file; all throw Error(kInput) with it and the line.
namespace fcn {

/// A line's two paths, relative to the list's folder or absolute.
struct ListEntry {
  std::string image, labels;
};

/// Whether both files of a list's line are there.
using EntryExists = FunctionRef<bool(const ListEntry&)>;

/// "image label" in each line, with a tab, a comma or spaces between; a path with spaces or commas may stand in quotes.
/// Where several readings are possible, as in "my photo.jpg my photo.png", `exists` says which; without an answer, a
/// line of two words is read so, any other is an error.
std::vector<ListEntry> ParseList(
    std::string_view text, const std::string& name, EntryExists exists = [](const ListEntry&) { return false; });

/// As many paths in each line, with the same between them; those with blanks or commas stand in quotes.
std::vector<std::vector<std::string>> ParseColumns(std::string_view text, const std::string& name, size_t columns);
/// Whether the first line has as many.
bool HasColumns(std::string_view text, const std::string& name, size_t columns);

/// One name in each line, which may have spaces and stand in quotes: VOC's lists of a split.
std::vector<std::string> ParseNames(std::string_view text, const std::string& name);

/// Throws Error(kInput) for a name that leads out of the folder in which it is looked up: an absolute one, or with
/// "..".
void CheckInnerName(const std::string& picture, const std::string& name);

/// "train[:380]": a split's name, and which of its samples; bounds as in Python. "train - ../VOC2012/val.txt[:380]":
/// the same of those whose names are in none of other splits or lists of names.
struct Split {
  std::string name;
  std::optional<int64_t> begin = {}, end = {};
  std::vector<std::string> without = {};

  /// The part of `size` samples that is meant: [first, last).
  std::pair<size_t, size_t> Range(size_t size) const;
};

/// Throws Error(kUsage) for brackets that are no slice, and where nothing stands before or behind a minus.
Split ParseSplit(const std::string& text);

}  // namespace fcn
