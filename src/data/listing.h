#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/class_names.h"
#include "data/open.h"

namespace fcn {

/// Something that is wrong with a data set.
struct Finding {
  std::string kind;  ///< "missing labels", "missing picture", "labels without a picture", …
  std::string file;
  std::string message;   ///< a sentence that names the file
  bool is_error = true;  ///< whether training would stop at it; others are good to know
};

struct SampleFiles {
  std::string name;
  std::filesystem::path image, labels;
};

/// What a folder holds, before anything is read.
struct Listing {
  std::string kind;
  std::vector<SampleFiles> samples;  ///< both files of each exist
  std::vector<Finding> missing;      ///< samples that lack a file: the data cannot be used
  std::vector<Finding> unused;       ///< labels without a picture
  ClassNames classes;                ///< the data set's own; empty where it has none
  std::string classes_from;          ///< who says so: a file, or "PASCAL VOC"
  bool has_published_classes =
      false;                         ///< they are those that the layout was published with, since no file names others
  std::vector<int> void_values;      ///< stored values that never count, whatever the ignore index
  std::vector<Colour> void_colours;  ///< the same for RGB labels
};

/// Finds a data set's files; a slice of the split has been taken. Throws as OpenDataset does, but for missing files.
Listing ListDataset(const DatasetOptions& options);

/// The classes alone, for a folder of labels: of its class file or one in the folder above, else those that the kind
/// was published with (camvid, voc), else none. `samples` and what is missing stay empty. Throws Error(kUsage) for a
/// kind that does not exist, and as FindClassFile.
Listing ListClasses(const std::string& kind, const std::string& folder);

/// The files in a folder (not below it, and none that is hidden) of which `wanted` says so, by name. Throws Error(kIo)
/// that names the folder.
std::vector<std::filesystem::path> FilesOf(const std::filesystem::path& folder,
                                           bool (*wanted)(const std::filesystem::path&));

}  // namespace fcn
