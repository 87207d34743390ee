#include "data/class_files.h"

#include <string_view>
#include <vector>

#include "data/listing_parts.h"

namespace fcn {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> Places(const fs::path& folder, bool also_above) {
  return also_above ? std::vector{folder, folder / ".."} : std::vector{folder};
}

}  // namespace

std::string ClassFileName(const std::string& head) { return "classes-" + head + ".txt"; }

std::optional<ClassFile> FindHeadClassFile(const fs::path& folder, bool also_above, const std::string& head) {
  for (const fs::path& place : Places(folder, also_above)) {
    const fs::path path = place / ClassFileName(head);
    if (IsFile(path))
      return ClassFile{path.string(), ParseClassNames(ReadListText(path, kMostClassFileBytes), path.string())};
  }
  return std::nullopt;
}

std::optional<ClassFile> FindClassFile(const fs::path& folder, bool also_above, const fs::path& list) {
  for (const fs::path& place : Places(folder, also_above))
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
