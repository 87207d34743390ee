#include "data/class_files.h"

#include <string_view>
#include <vector>

#include "data/listing_parts.h"

namespace fcn {

namespace fs = std::filesystem;

std::optional<ClassFile> FindClassFile(const fs::path& folder, bool also_above, const fs::path& list) {
  std::vector<fs::path> places = {folder};
  if (also_above) places.push_back(folder / "..");
  for (const fs::path& place : places)
    for (const std::string_view name : {"classes.txt", "labelmap.txt", "class_names.txt", "label_colors.txt",
                                        "class_dict.csv", "_classes.csv", "classes.csv", "labels.txt"}) {
      const fs::path path = place / name;
      if (!IsFile(path) || path == list) continue;
      const std::string text = ReadListText(path, kMostClassFileBytes);
      return ClassFile{path.string(), name == "labelmap.txt" ? ParseLabelMap(text, path.string())
                                                             : ParseClassNames(text, path.string())};
    }
  return std::nullopt;
}

}  // namespace fcn
