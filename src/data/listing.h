#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "data/class_names.h"
#include "fcn/dataset.h"
#include "fcn/dataset_check.h"

namespace fcn {

struct SampleFiles {
  std::string name;
  std::vector<std::filesystem::path> inputs, labels;  ///< one for each input and each head
};

/// The classes that a data set's labels have by themselves.
struct KnownClasses {
  ClassNames classes;                 ///< empty where it has none
  std::string from;                   ///< who says so: a file, or "PASCAL VOC"
  bool are_published = false;         ///< they are those that the layout was published with, since no file names others
  std::vector<int> void_values = {};  ///< stored values that never count, whatever the ignore index
  std::vector<Colour> void_colours = {};   ///< the same for RGB labels
  std::string head = {};                   ///< of any but the first
  std::string class_file = "classes.txt";  ///< what a file of its classes is called
  bool counts_255 = false;                 ///< 255 is a label like others, whatever the ignore index
};

/// What a folder holds, before anything is read.
struct Listing {
  std::string kind;
  std::vector<SampleFiles> samples;          ///< all files of each exist
  std::vector<Finding> missing;              ///< samples that lack a file: the data cannot be used
  std::vector<Finding> unused;               ///< files without a picture, parts left out that have no sample
  std::vector<KnownClasses> heads;           ///< of each head
  std::vector<KnownClasses> published = {};  ///< of each head, where the layout lists them with its files
  std::set<std::string> without = {};        ///< names that are left out
  std::set<std::string> left_out = {};       ///< those of them that would be samples
  bool has_own_labels = true;                ///< the first head's labels are the layout's own, and so are its classes
};

/// Finds a data set's files; a slice of the split has been taken. Throws as OpenDataset does, but for missing files.
Listing ListDataset(const DatasetOptions& options);

/// The classes alone, for a folder of labels: of its class file or one in the folder above where the kind heeds any,
/// else those that the kind was published with, else none. Throws Error(kUsage) for a kind that does not exist, and as
/// FindClassFile.
KnownClasses ListClasses(const std::string& kind, const std::string& folder);

/// The files in a folder (not below it, and none that is hidden) of which `wanted` says so, by name. Throws Error(kIo)
/// that names the folder.
std::vector<std::filesystem::path> FilesOf(const std::filesystem::path& folder,
                                           bool (*wanted)(const std::filesystem::path&));

}  // namespace fcn
