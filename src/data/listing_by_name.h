#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/listing.h"

/// Layouts whose samples are named by a list, or by the names of files below several folders.
namespace fcn {

/// Where a sample's file of an input or a head is: FOLDER/BEFORE + name + the first of `endings` that is there.
struct FilePattern {
  std::filesystem::path folder;
  std::string before = {};
  std::vector<std::string> endings = {};

  /// Where there is none, with the first ending.
  std::filesystem::path Of(const std::string& name) const;
};

/// What a line of a list names.
using NameOf = std::string (*)(const std::string& line);

/// The names in the file SPLIT.txt of a folder, of which each is `name_of` a line, or the line; trainval is train and
/// val where it has no file of its own. Throws Error(kInput) where there is none, with those that there are, and for
/// names that lead out of the data set.
std::vector<std::string> NamesOfSplit(const std::filesystem::path& folder, const std::string& split,
                                      NameOf name_of = nullptr);

/// A line of a list as a name: without folders, of either kind of slashes, and without a picture's ending.
std::string BareName(const std::string& line);

/// Adds the samples of these names.
void AddByNames(Listing& listing, const DatasetOptions& options, const std::vector<std::string>& names,
                const std::vector<FilePattern>& inputs, const std::vector<FilePattern>& labels);

}  // namespace fcn
