#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/class_names.h"

namespace fcn {

struct ClassFile {
  std::string path;
  ClassNames classes;
};

/// "classes-NAME.txt": that of a head.
std::string ClassFileName(const std::string& head);

/// The one of a head, in the data set's folder or, where `also_above`, in the folder above; nothing where there is
/// none.
std::optional<ClassFile> FindHeadClassFile(const std::filesystem::path& folder, bool also_above,
                                           const std::string& head);

/// The class file of a data set, in its folder or, where `also_above`, in the folder above: the first of classes.txt,
/// labelmap.txt (CVAT), class_names.txt (LabelMe), label_colors.txt (CamVid), class_dict.csv, _classes.csv (Roboflow),
/// classes.csv and labels.txt; but not `list`. Nothing where there is none. Throws as ParseClassNames and ReadFile do.
std::optional<ClassFile> FindClassFile(const std::filesystem::path& folder, bool also_above,
                                       const std::filesystem::path& list = {});

}  // namespace fcn
