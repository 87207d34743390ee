#include "data/listing_by_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "data/listing_parts.h"
#include "data/lists.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/picture_files.h"

namespace fcn {

namespace fs = std::filesystem;

fs::path FilePattern::Of(const std::string& name) const {
  for (const std::string& ending : endings)
    if (fs::path path = folder / (before + name + ending); IsFile(path)) return path;
  return folder / (before + name + endings.front());
}

std::vector<std::string> NamesOfSplit(const fs::path& folder, const std::string& split, NameOf name_of) {
  if (const fs::path list = folder / (split + ".txt"); !split.empty() && IsFile(list)) {
    std::vector<std::string> names = ParseNames(ReadListText(list), list.string());
    for (std::string& name : names) {
      if (name_of != nullptr) name = name_of(name);
      CheckInnerName(name, list.string());
    }
    return names;
  }
  if (split == "trainval" && IsFile(folder / "train.txt") && IsFile(folder / "val.txt")) {
    std::vector<std::string> names = NamesOfSplit(folder, "train", name_of);
    for (std::string& name : NamesOfSplit(folder, "val", name_of)) names.push_back(std::move(name));
    return names;
  }
  std::vector<std::string> lists;
  if (IsFolder(folder))
    for (const fs::path& path : FilesOf(folder, [](const fs::path& file) { return file.extension() == ".txt"; }))
      lists.push_back(path.stem().string());
  throw Error(ErrorCode::kInput,
              split.empty() ? fmt::format("{} has lists of its splits, and none is chosen", folder.string())
                            : fmt::format("there is no list {} of a split", (folder / (split + ".txt")).string()),
              lists.empty() ? "Put the lists of the data set's splits there, with a name in each line."
                            : fmt::format("The lists there are {}: check --split.", fmt::join(lists, ", ")));
}

std::string BareName(const std::string& line) {
  std::string name = line.substr(line.find_last_of("/\\") + 1);
  return HasPictureEnding(name) ? fs::path(name).stem().string() : name;
}

void AddByNames(Listing& listing, const DatasetOptions& options, const std::vector<std::string>& names,
                const std::vector<FilePattern>& inputs, const std::vector<FilePattern>& labels) {
  for (const std::string& name : names) {
    SampleFiles files{name, {}, {}};
    for (const FilePattern& pattern : inputs) files.inputs.push_back(pattern.Of(name));
    for (const FilePattern& pattern : labels) files.labels.push_back(pattern.Of(name));
    AddSample(listing, options, std::move(files));
  }
}

}  // namespace fcn
