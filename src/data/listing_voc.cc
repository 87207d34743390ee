#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "data/listing_parts.h"
#include "data/lists.h"
#include "data/role_folders.h"
#include "data/role_options.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/picture_files.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

fs::path ListFolder(const fs::path& folder) { return folder / "ImageSets" / "Segmentation"; }

/// The names of the lists, in order.
std::vector<std::string> ListNames(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::path& path :
       FilesOf(ListFolder(folder), [](const fs::path& file) { return file.extension() == ".txt"; }))
    names.push_back(path.stem().string());
  return names;
}

/// The pictures of a folder and of those below it that names lead to, by their path without the ending.
class PicturesByName {
 public:
  /// Of several pictures of a name that with the usual `ending` is meant; where `is_strict` there may not be any
  /// others.
  PicturesByName(fs::path folder, std::string ending, bool is_strict = false)
      : folder_(std::move(folder)), ending_(std::move(ending)), is_strict_(is_strict) {}

  /// The picture of a name, whatever its ending; where there is none, the one that VOC would have.
  fs::path Find(const std::string& name) {
    fs::path usual = folder_ / (name + ending_);
    if (!is_strict_ && IsFile(usual)) return usual;
    const fs::path inner = usual.parent_path();
    const auto [slot, is_new] = folders_.try_emplace(inner.string());
    if (is_new && IsFolder(inner))
      for (const fs::path& path : FilesOf(inner, HasPictureEnding)) {
        fs::path& its = slot->second[path.stem().string()];
        if (is_strict_ && !its.empty()) ThrowSameStem(its, path, "be of the same picture");
        its = path;
      }
    const auto found = slot->second.find(fs::path(name).filename().string());
    return found == slot->second.end() ? usual : found->second;
  }

 private:
  fs::path folder_;
  std::string ending_;
  bool is_strict_;
  std::map<std::string, std::map<std::string, fs::path>> folders_;
};

/// The list of one class has a second column, which says whether a picture shows it.
std::string WithoutColumn(const std::string& name) {
  for (const char* column : {" -1", " 0", " 1"})
    if (name.ends_with(column)) {
      const std::string front = name.substr(0, name.size() - std::string_view(column).size());
      return front.substr(0, front.find_last_not_of(" \t") + 1);
    }
  return {};
}

}  // namespace

bool HasVocList(const fs::path& folder, const std::string& split) {
  return IsFile(ListFolder(folder) / (split + ".txt"));
}

void ListVoc(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path folder = options.folder;
  std::string chosen = split;
  if (chosen.empty() || !HasVocList(folder, chosen)) {
    const std::vector<std::string> names =
        IsFolder(ListFolder(folder)) ? ListNames(folder) : std::vector<std::string>();
    if (chosen.empty() && names.size() == 1) {
      chosen = names[0];
    } else {
      const fs::path list = ListFolder(folder) / (chosen + ".txt");
      throw Error(ErrorCode::kInput,
                  chosen.empty() ? fmt::format("{} has several lists, and none is chosen", ListFolder(folder).string())
                                 : fmt::format("there is no list {} of a VOC split", list.string()),
                  names.empty() ? "VOC's splits are train, val and trainval: check --data and --split."
                                : fmt::format("Its splits are {}: check --data and --split.", fmt::join(names, ", ")));
    }
  }
  const fs::path list = ListFolder(folder) / (chosen + ".txt");
  const auto image_folder = [&](const std::string&, const std::string& ending) {
    return folder / ("JPEGImages" + ending);
  };
  const auto label_folder = [&](const std::string&, const std::string& ending) {
    return folder / ("SegmentationClass" + ending);
  };
  const std::vector<std::string> names = InputNames(options), heads = HeadsOf(options);
  const std::vector<fs::path> image_folders = RoleFolders(names, split, image_folder);
  const std::vector<fs::path> label_folders = RoleFolders(heads, split, label_folder);
  CheckRoleFolders("input", names, image_folders, folder, split, image_folder);
  CheckRoleFolders("head", heads, label_folders, folder, split, label_folder);
  std::vector<PicturesByName> inputs, labels;
  for (const fs::path& place : image_folders) {
    if (!inputs.empty() && !IsFolder(place)) ThrowNoFolder(place, "with pictures", folder);
    const bool is_first = inputs.empty();
    inputs.emplace_back(place, is_first ? ".jpg" : ".png", !is_first);
  }
  listing.has_own_labels = label_folders[0] == label_folder(split, "");
  for (const fs::path& place : label_folders) {
    if (!labels.empty() && !IsFolder(place)) ThrowNoFolder(place, "with labels", folder);
    labels.emplace_back(place, ".png");
  }
  PicturesByName& images = inputs[0];
  for (const std::string& line : ParseNames(ReadListText(list), list.string())) {
    CheckInnerName(line, list.string());
    std::string name = line;
    if (HasPictureEnding(name) && !IsFile(images.Find(name))) name = fs::path(name).replace_extension().string();
    const fs::path image = images.Find(name);
    if (const std::string front = WithoutColumn(name); !IsFile(image) && !front.empty() && IsFile(images.Find(front)))
      throw Error(ErrorCode::kInput, fmt::format("{} has a second column behind the name {}", list.string(), front),
                  "It is a list of one class's pictures. A split has a name in each line and nothing else.");
    SampleFiles files{name, {image}, {}};
    for (size_t i = 1; i < inputs.size(); i++) files.inputs.push_back(inputs[i].Find(name));
    for (PicturesByName& others : labels) files.labels.push_back(others.Find(name));
    AddSample(listing, options, std::move(files));
  }
}

}  // namespace fcn
