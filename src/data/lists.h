#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcn/image.h"

/// The small text files that describe data sets. In all of them blank lines and lines that begin with # are left out,
/// and lines may end with CR LF. `name` is what messages call the file; all throw Error(kInput) with it and the line.
namespace fcn {

/// A line's two paths, relative to the list's folder or absolute.
struct ListEntry {
  std::string image, labels;
};

/// "image label" in each line, with spaces between, or a tab where a path has spaces in it.
std::vector<ListEntry> ParseList(std::string_view text, const std::string& name);

/// One name in each line: VOC's lists of a split.
std::vector<std::string> ParseNames(std::string_view text, const std::string& name);

struct ClassNames {
  std::vector<std::string> names;
  std::vector<Colour> palette;  ///< as many as names, or empty
};

/// classes.txt: a class's name in each line, in the order of the indices, with its colour behind it ("traffic light 250
/// 170 30") in all lines or in none. Names occur once; at most 65000.
ClassNames ParseClassNames(std::string_view text, const std::string& name);

/// "train[:380]": a split's name, and which of its samples; bounds as in Python.
struct Split {
  std::string name;
  std::optional<int64_t> begin, end;

  /// The part of `size` samples that is meant: [first, last).
  std::pair<size_t, size_t> Range(size_t size) const;
};

/// Throws Error(kUsage) for brackets that are no slice.
Split ParseSplit(const std::string& text);

}  // namespace fcn
