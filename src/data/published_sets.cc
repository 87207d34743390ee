#include "data/published_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/known_classes.h"
#include "data/listing_by_name.h"
#include "data/listing_parts.h"
#include "data/role_folders.h"
#include "data/role_options.h"
#include "data/text_lines.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/picture_files.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

KnownClasses Known(ClassNames classes, std::string from, std::vector<int> void_values = {255}) {
  return {.classes = std::move(classes), .from = std::move(from), .void_values = std::move(void_values)};
}

/// The folders of what the options ask for, by a set's own rules.
struct SetFolders {
  std::vector<fs::path> inputs, labels;
};

SetFolders FindFolders(Listing& listing, const DatasetOptions& options, const std::string& split, RolePlace image_place,
                       RolePlace label_place) {
  const std::vector<std::string> names = InputNames(options), heads = HeadsOf(options);
  SetFolders folders{RoleFolders(names, split, image_place), RoleFolders(heads, split, label_place)};
  CheckRoleFolders("input", names, folders.inputs, options.folder, split, image_place);
  CheckRoleFolders("head", heads, folders.labels, options.folder, split, label_place);
  for (const fs::path& folder : folders.inputs)
    if (!IsFolder(folder)) ThrowNoFolder(folder, "with pictures", folder.parent_path());
  for (const fs::path& folder : folders.labels)
    if (!IsFolder(folder)) ThrowNoFolder(folder, "with labels", folder.parent_path());
  listing.has_own_labels = folders.labels[0] == label_place(split, "");
  return folders;
}

std::vector<FilePattern> Patterns(const std::vector<fs::path>& folders, const std::string& before,
                                  const std::vector<std::string>& endings) {
  std::vector<FilePattern> patterns;
  patterns.reserve(folders.size());
  for (const fs::path& folder : folders) patterns.push_back({folder, before, endings});
  return patterns;
}

/// The classes of heads whose labels are in the layout's own folder; others have class files.
void SetOwnClasses(Listing& listing, const SetFolders& folders, const fs::path& own, const KnownClasses& known) {
  for (const fs::path& folder : folders.labels) listing.published.push_back(folder == own ? known : KnownClasses());
}

const std::vector<std::string> kPictureEndings = {".jpg", ".png"}, kLabelEndings = {".mat", ".png"};

// SBD

fs::path SbdFolder(const fs::path& folder) {
  for (const fs::path& place : {folder, folder / "dataset", folder / "benchmark_RELEASE" / "dataset"})
    if (IsFolder(place / "img") && IsFolder(place / "cls")) return place;
  return folder;
}

void SetSbdClasses(KnownClasses& known) { known = Known(VocClasses(), "PASCAL VOC"); }

void ListSbd(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path folder = SbdFolder(options.folder);
  const auto place = [&](const char* own) {
    return [folder, own](const std::string&, const std::string& ending) { return folder / (own + ending); };
  };
  const SetFolders folders = FindFolders(listing, options, split, place("img"), place("cls"));
  KnownClasses known;
  SetSbdClasses(known);
  SetOwnClasses(listing, folders, folder / "cls", known);
  AddByNames(listing, options, NamesOfSplit(folder, split), Patterns(folders.inputs, "", kPictureEndings),
             Patterns(folders.labels, "", kLabelEndings));
}

// NYUDv2

void SetNyudClasses(KnownClasses& known) { known = Known(NyudClasses(), "NYUDv2"); }

void ListNyud(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path folder = options.folder;
  const auto image_place = [&](const std::string&, const std::string& ending) {
    return folder / "data" / (ending.empty() ? "images" : ending.substr(1));
  };
  const auto label_place = [&](const std::string&, const std::string& ending) {
    return folder / ("segmentation" + ending);
  };
  const SetFolders folders = FindFolders(listing, options, split, image_place, label_place);
  KnownClasses known;
  SetNyudClasses(known);
  SetOwnClasses(listing, folders, folder / "segmentation", known);
  AddByNames(listing, options, NamesOfSplit(folder, split),
             Patterns(folders.inputs, "img_", {".png", ".jpg", ".tif", ".tiff"}),
             Patterns(folders.labels, "img_", kLabelEndings));
}

// SIFT Flow

constexpr const char* kScenes = "spatial_envelope_256x256_static_8outdoorcategories";

void SetSiftFlowClasses(KnownClasses& known) { known = Known(SiftFlowClasses(), "SIFT Flow"); }

void ListSiftFlow(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path folder = options.folder;
  const auto image_place = [&](const std::string&, const std::string& ending) {
    return folder / ("Images" + ending) / kScenes;
  };
  const auto label_place = [&](const std::string&, const std::string& ending) {
    const std::string own = ending == "-geometric"                    ? "GeoLabels"
                            : ending.empty() || ending == "-semantic" ? "SemanticLabels"
                                                                      : "SemanticLabels" + ending;
    return folder / own / kScenes;
  };
  const SetFolders folders = FindFolders(listing, options, split, image_place, label_place);
  for (const fs::path& labels : folders.labels) {
    KnownClasses known;
    if (labels == label_place("", "-geometric"))
      known = Known(SiftFlowGeometry(), "SIFT Flow");
    else if (labels == label_place("", ""))
      SetSiftFlowClasses(known);
    listing.published.push_back(std::move(known));
  }
  AddByNames(listing, options, NamesOfSplit(folder, split, BareName), Patterns(folders.inputs, "", kPictureEndings),
             Patterns(folders.labels, "", kLabelEndings));
}

// PASCAL-Context

/// The first of a few places that has what is looked for; an empty path where none has.
fs::path FirstWith(const std::vector<fs::path>& places, bool (*fits)(const fs::path&)) {
  const auto found = std::ranges::find_if(places, fits);
  return found == places.end() ? fs::path() : *found;
}

bool HasContextMats(const fs::path& folder) { return IsFolder(folder / "trainval") && IsFile(folder / "labels.txt"); }
bool HasContextPngs(const fs::path& folder) { return IsFolder(folder / "SegmentationClassContext"); }
bool HasVocPictures(const fs::path& folder) { return IsFolder(folder / "JPEGImages"); }

fs::path ContextFolder(const fs::path& folder) {
  return FirstWith({folder, folder / "pascal-context", folder / ".." / "pascal-context"}, HasContextMats);
}
fs::path ContextPictures(const fs::path& folder) {
  return FirstWith({folder, folder / "VOC2010", folder / "VOCdevkit" / "VOC2010", folder / ".." / "VOC2010",
                    folder / ".." / "VOCdevkit" / "VOC2010", folder / ".." / "pascal" / "VOC2010"},
                   HasVocPictures);
}

void SetContextClasses(KnownClasses& known) { known = Known(PascalContextClasses(), "PASCAL-Context"); }

/// What the 459 labels of LabelMap are among the 59: by their names, of which three differ, and background else.
KnownClasses ContextMapping(const fs::path& labels) {
  const std::map<std::string, std::string> other_names = {
      {"diningtable", "table"}, {"bedcloth", "bedclothes"}, {"clothes", "cloth"}};
  std::map<std::string, int> values;
  std::vector<int> all = {0};
  ForEachLine(ReadListText(labels, kMostClassFileBytes), labels.string(), [&](std::string_view line, size_t number) {
    const size_t colon = line.find(':');
    const auto value = ParseWhole(line.substr(0, colon));
    constexpr int64_t kMost = 65534;
    if (colon == line.npos || !value || *value < 1 || *value > kMost)
      throw Error(ErrorCode::kInput, fmt::format("line {} of {} is no \"NUMBER: NAME\"", number, labels.string()),
                  "It is PASCAL-Context's own list of its 459 labels.");
    std::string name;
    for (const char c : line.substr(colon + 1))
      if (c != ' ') name += c;
    values[name] = static_cast<int>(*value);
    all.push_back(static_cast<int>(*value));
  });
  KnownClasses known;
  SetContextClasses(known);
  ClassNames& classes = known.classes;
  classes.has_values = true;
  for (const std::string& name : classes.names) {
    if (name == "background") {
      classes.values.push_back(0);
      continue;
    }
    const auto other = other_names.find(name);
    auto found = values.find(other == other_names.end() ? name : other->second);
    if (found == values.end()) found = values.find(name);
    if (found == values.end())
      throw Error(ErrorCode::kInput, fmt::format("{} does not say which label {} has", labels.string(), name),
                  "It is PASCAL-Context's own list of its 459 labels: fetch it anew.");
    classes.values.push_back(found->second);
  }
  for (const int value : all)
    if (std::ranges::find(classes.values, value) == classes.values.end()) classes.further_values.emplace_back(value, 0);
  if (std::ranges::find(all, 255) != all.end()) known.void_values.clear(), known.counts_255 = true;
  return known;
}

void ListPascalContext(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path data_folder = options.folder, mats = ContextFolder(data_folder),
                 pictures = ContextPictures(data_folder);
  if (pictures.empty())
    throw Error(ErrorCode::kInput,
                fmt::format("there is no folder JPEGImages with the pictures of PASCAL-Context in {} or beside it",
                            data_folder.string()),
                "They are those of PASCAL VOC 2010: put VOC2010 there, or --data is VOC2010 itself.");
  const bool are_pngs = HasContextPngs(pictures);
  if (!are_pngs && mats.empty())
    throw Error(ErrorCode::kInput, fmt::format("{} has no labels of PASCAL-Context", data_folder.string()),
                "They are trainval/ and labels.txt of its archive, or SegmentationClassContext/ beside JPEGImages/.");
  const fs::path own = are_pngs ? pictures / "SegmentationClassContext" : mats / "trainval";
  const auto image_place = [&](const std::string&, const std::string& ending) {
    return pictures / ("JPEGImages" + ending);
  };
  const auto label_place = [&](const std::string&, const std::string& ending) {
    return fs::path(own.string() + ending);
  };
  const SetFolders folders = FindFolders(listing, options, split, image_place, label_place);
  KnownClasses known;
  if (are_pngs)
    SetContextClasses(known);
  else
    known = ContextMapping(mats / "labels.txt");
  SetOwnClasses(listing, folders, own, known);
  const fs::path lists = pictures / "ImageSets", of_context = lists / "SegmentationContext";
  AddByNames(listing, options, NamesOfSplit(IsFolder(of_context) ? of_context : lists / "Main", split),
             Patterns(folders.inputs, "", kPictureEndings), Patterns(folders.labels, "", kLabelEndings));
}

/// Whether a split has no folder of pictures, but a list of pairs that somebody has put beside.
bool IsListAlone(const fs::path& folder, const fs::path& pictures, const std::string& split) {
  return !split.empty() && !IsFolder(pictures) && (IsFile(folder / split) || IsFile(folder / (split + ".txt")));
}

// Cityscapes

void SetCityscapesClasses(KnownClasses& known) { known = Known(CityscapesClasses(/*of_ids=*/false), "Cityscapes"); }

/// "aachen/aachen_000000_000019" of the pictures with an ending, in order.
std::vector<std::string> NamesInCities(const fs::path& folder, const std::string& ending) {
  std::vector<std::string> names;
  for (const FolderEntry& city : ReadFolder(folder)) {
    if (city.type != fs::file_type::directory) continue;
    for (const fs::path& path : FilesOf(city.path, HasPictureEnding))
      if (const std::string name = path.filename().string(); name.ends_with(ending))
        names.push_back(city.path.filename().string() + "/" + name.substr(0, name.size() - ending.size()));
  }
  return names;
}

void ListCityscapes(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path folder = options.folder;
  const auto image_place = [&](const std::string& its, const std::string& ending) {
    return folder / (ending.empty() ? "leftImg8bit" : ending.substr(1)) / its;
  };
  const bool is_coarse = !IsFolder(folder / "gtFine" / split) && IsFolder(folder / "gtCoarse" / split);
  const auto label_place = [&](const std::string& its, const std::string& ending) {
    return folder / (ending.empty() ? (is_coarse ? "gtCoarse" : "gtFine") : ending.substr(1)) / its;
  };
  if (split.empty())
    ThrowNoFolder(folder / "leftImg8bit" / "SPLIT", "with pictures of a split", folder / "leftImg8bit");
  const SetFolders folders = FindFolders(listing, options, split, image_place, label_place);
  const auto ending_of = [](const fs::path& place) {
    const std::string kind = place.parent_path().filename().string();
    return "_" + kind;
  };
  std::vector<FilePattern> inputs, labels;
  for (const fs::path& place : folders.inputs)
    inputs.push_back({place, "", {ending_of(place) + ".png", ending_of(place) + ".jpg"}});
  const std::vector<std::string> names = NamesInCities(folders.inputs[0], inputs[0].endings[0]);
  for (const fs::path& place : folders.labels) {
    const FilePattern train_ids{place, "", {ending_of(place) + "_labelTrainIds.png"}},
        ids{place, "", {ending_of(place) + "_labelIds.png"}};
    const bool has_train_ids =
        std::ranges::any_of(names, [&](const std::string& name) { return IsFile(train_ids.Of(name)); });
    labels.push_back(has_train_ids ? train_ids : ids);
    listing.published.push_back(Known(CityscapesClasses(!has_train_ids), "Cityscapes"));
  }
  AddByNames(listing, options, names, inputs, labels);
}

// ADE20K

void SetAdeClasses(KnownClasses& known) { known = Known(Ade20kClasses(), "ADE20K"); }

/// Its own name of a split that may have the usual one.
std::string AdeSplit(const fs::path& folder, const std::string& split) {
  if (IsFolder(folder / "images" / split)) return split;
  return split == "train" ? "training" : split == "val" ? "validation" : split;
}

void ListAde20k(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path folder = options.folder;
  const std::string its = AdeSplit(folder, split);
  if (its.empty()) ThrowNoFolder(folder / "images" / "SPLIT", "with pictures of a split", folder / "images");
  const auto place = [&](const char* own) {
    return [folder, own](const std::string& of_split, const std::string& ending) {
      return folder / (own + ending) / of_split;
    };
  };
  const SetFolders folders = FindFolders(listing, options, its, place("images"), place("annotations"));
  KnownClasses known;
  SetAdeClasses(known);
  SetOwnClasses(listing, folders, folder / "annotations" / its, known);
  std::vector<std::string> names, endings = kPictureEndings;
  for (const fs::path& path : FilesOf(folders.inputs[0], HasPictureEnding)) {
    names.push_back(path.stem().string());
    const std::string ending = path.extension().string();
    if (std::ranges::find(endings, ending) == endings.end()) endings.push_back(ending);
  }
  AddByNames(listing, options, names, Patterns(folders.inputs, "", endings), Patterns(folders.labels, "", {".png"}));
}

}  // namespace

constinit const PublishedSet kSbd = {"sbd", ListSbd, SetSbdClasses, [](const fs::path& folder, const std::string&) {
                                       const fs::path place = SbdFolder(folder);
                                       return IsFolder(place / "img") && IsFolder(place / "cls");
                                     }};
constinit const PublishedSet kNyud = {"nyud", ListNyud, SetNyudClasses, [](const fs::path& folder, const std::string&) {
                                        return IsFolder(folder / "data" / "images") &&
                                               IsFolder(folder / "segmentation");
                                      }};
constinit const PublishedSet kSiftFlow = {
    "sift-flow", ListSiftFlow, SetSiftFlowClasses, [](const fs::path& folder, const std::string&) {
      return IsFolder(folder / "Images" / kScenes) && IsFolder(folder / "SemanticLabels");
    }};
constinit const PublishedSet kPascalContext = {
    "pascal-context", ListPascalContext, SetContextClasses, [](const fs::path& folder, const std::string& split) {
      // VOC 2010 with these labels is VOC 2010 still, where the split is one of its.
      return HasContextMats(folder) || (HasContextPngs(folder) && !HasVocList(folder, split));
    }};
constinit const PublishedSet kCityscapes = {"cityscapes", ListCityscapes, SetCityscapesClasses,
                                            [](const fs::path& folder, const std::string& split) {
                                              return IsFolder(folder / "leftImg8bit") &&
                                                     (IsFolder(folder / "gtFine") || IsFolder(folder / "gtCoarse")) &&
                                                     !IsListAlone(folder, folder / "leftImg8bit" / split, split);
                                            },
                                            /*is_imitated=*/true};
constinit const PublishedSet kAde20k = {
    "ade20k", ListAde20k, SetAdeClasses,
    [](const fs::path& folder, const std::string& split) {
      return IsFolder(folder / "images" / "training") && IsFolder(folder / "annotations" / "training") &&
             !IsListAlone(folder, folder / "images" / AdeSplit(folder, split), split);
    },
    /*is_imitated=*/true};

}  // namespace fcn
