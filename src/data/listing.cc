#include "data/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/folder.h"
#include "base/nearest_name.h"
#include "data/class_files.h"
#include "data/known_classes.h"
#include "data/listing_parts.h"
#include "data/lists.h"
#include "fcn/error.h"
#include "image/picture_names.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

/// The names of the first few folders in one, for messages.
std::string FoldersIn(const fs::path& parent) {
  std::vector<std::string> names;
  try {
    for (const FolderEntry& entry : ReadFolder(parent))
      if (entry.type == fs::file_type::directory) names.push_back(entry.path.filename().string());
  } catch (const Error&) {  // what is being reported matters more
  }
  constexpr size_t kShown = 8;
  std::string found;
  for (size_t i = 0; i < std::min(names.size(), kShown); i++) found += (i > 0 ? ", " : "") + names[i];
  return names.size() > kShown ? found + ", …" : found;
}

[[noreturn]] void ThrowNoFolder(const fs::path& folder, const std::string& what, const fs::path& parent) {
  const std::string found = FoldersIn(parent);
  if (IsFolder(parent / "images") && IsFolder(parent / "masks"))
    throw Error(ErrorCode::kInput, fmt::format("there is no folder {} {}", folder.string(), what),
                fmt::format("{} is not divided into splits. Slices divide it, as in Python: [:-20] is all but the last "
                            "20 samples, [-20:] the last 20.",
                            parent.string()));
  throw Error(ErrorCode::kInput, fmt::format("there is no folder {} {}", folder.string(), what),
              found.empty() ? fmt::format("{} has no folders at all: check --data.", parent.string())
                            : fmt::format("{} holds {}: check --data and --split.", parent.string(), found));
}

/// Pictures of one folder with the labels of another, by stem.
void ListPair(Listing& listing, const fs::path& images, const fs::path& masks) {
  std::map<std::string, fs::path> labels;
  for (const fs::path& path : FilesOf(masks, HasPictureEnding)) {
    fs::path& slot = labels[path.stem().string()];
    if (slot.empty() || path.extension() == ".png") slot = path;
  }
  std::map<std::string, fs::path> seen;
  for (const fs::path& path : FilesOf(images, HasPictureEnding)) {
    const std::string stem = path.stem().string();
    const auto [other, is_new] = seen.emplace(stem, path);
    if (!is_new)
      throw Error(ErrorCode::kInput,
                  fmt::format("{} and {} would have the same labels", other->second.string(), path.string()),
                  "Remove one of them, or name the pairs in a list file (--dataset list).");
    const auto partner = labels.find(stem);
    AddSample(listing, stem, path, partner == labels.end() ? masks / (stem + ".png") : partner->second);
  }
  for (const auto& [stem, path] : labels)
    if (!seen.contains(stem))
      listing.unused.push_back(
          {"labels without a picture", path.string(),
           fmt::format("{} belongs to no picture: there is no {} in {}", path.string(), stem, images.string())});
}

void ListCamvid(Listing& listing, const fs::path& folder, const std::string& split) {
  const fs::path images = folder / split, labels = folder / (split + "annot");
  if (split.empty() || !IsFolder(images)) ThrowNoFolder(images, "with CamVid's pictures", folder);
  if (!IsFolder(labels)) ThrowNoFolder(labels, fmt::format("with the labels of {}", images.string()), folder);
  ListPair(listing, images, labels);
}

void SetCamvidClasses(Listing& listing) {
  listing.classes = CamvidClasses();
  listing.classes_from = "CamVid";
}

void SetVocClasses(Listing& listing) {
  listing.classes = VocClasses();
  listing.classes_from = "PASCAL VOC";
  listing.void_values = {255};
  listing.void_colours = {{224, 224, 192}};
}

void SetNoClasses(Listing&) {}

void ListPairs(Listing& listing, const fs::path& folder, const std::string& split) {
  const fs::path inner = folder / "images" / split, outer = folder / split / "images";
  if (split.empty() || IsFolder(inner)) {
    const fs::path masks = folder / "masks" / split;
    if (!IsFolder(inner)) ThrowNoFolder(inner, "with pictures", folder);
    if (!IsFolder(masks)) ThrowNoFolder(masks, fmt::format("with the labels of {}", inner.string()), folder);
    ListPair(listing, inner, masks);
  } else {
    const fs::path masks = folder / split / "masks";
    if (!IsFolder(outer)) ThrowNoFolder(outer, "with pictures", folder);
    if (!IsFolder(masks)) ThrowNoFolder(masks, fmt::format("with the labels of {}", outer.string()), folder / split);
    ListPair(listing, outer, masks);
  }
}

/// The list's file; its ending may be left out.
fs::path ListPath(const fs::path& folder, const std::string& split) {
  fs::path list = folder / split;
  if (!IsFile(list)) list += ".txt";
  return list;
}

void ListFromFile(Listing& listing, const fs::path& folder, const std::string& split) {
  const fs::path list = ListPath(folder, split);
  if (split.empty() || !IsFile(list))
    throw Error(ErrorCode::kInput, fmt::format("there is no list file {}", (folder / split).string()),
                "--split is the list's name in the folder --data, with lines \"image label\".");
  const auto exists = [&](const ListEntry& entry) {
    return IsFile(folder / entry.image) && IsFile(folder / entry.labels);
  };
  for (const ListEntry& entry : ParseList(ReadListText(list), list.string(), exists))
    AddSample(listing, fs::path(entry.image).replace_extension().string(), folder / entry.image, folder / entry.labels);
}

struct Kind {
  const char* name;
  void (*list)(Listing&, const fs::path&, const std::string& split);
  void (*set_classes)(Listing&);  ///< those that it was published with
  bool (*fits)(const fs::path&, const std::string& split);
};

bool HasList(const fs::path& folder, const std::string& split) {
  return !split.empty() && IsFile(ListPath(folder, split));
}

constexpr Kind kKinds[] = {
    {"camvid", ListCamvid, SetCamvidClasses,
     [](const fs::path& folder, const std::string& split) {
       return !split.empty() && IsFolder(folder / split) && IsFolder(folder / (split + "annot"));
     }},
    {"voc", ListVoc, SetVocClasses,
     [](const fs::path& folder, const std::string& split) {
       return IsFolder(folder / "ImageSets" / "Segmentation") && (HasVocList(folder, split) || !HasList(folder, split));
     }},
    {"pairs", ListPairs, SetNoClasses,
     [](const fs::path& folder, const std::string& split) {
       return (IsFolder(folder / "images") && IsFolder(folder / "masks")) ||
              (!split.empty() && IsFolder(folder / split / "images") && IsFolder(folder / split / "masks"));
     }},
    {"list", ListFromFile, SetNoClasses, HasList},
    {"scenes", ListPairs, SetNoClasses, [](const fs::path&, const std::string&) { return false; }},
};

/// A class file goes before the classes that the layout was published with.
void SetClasses(Listing& listing, const Kind& kind, const fs::path& folder, bool also_above, const fs::path& list) {
  listing.kind = kind.name;
  kind.set_classes(listing);
  listing.has_published_classes = !listing.classes.names.empty();
  std::optional<ClassFile> file = FindClassFile(folder, also_above, list);
  if (!file) return;
  listing.classes = std::move(file->classes);
  listing.classes_from = std::move(file->path);
  listing.has_published_classes = false;
}

constexpr const char* kKindHint = "Name the layout with --dataset: camvid, voc, pairs, list or scenes.";

const Kind& FindKind(const std::string& name) {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    if (name == kind.name) return kind;
    names.emplace_back(kind.name);
  }
  const std::string nearest = NearestName(name, names);
  throw Error(ErrorCode::kUsage, fmt::format("there is no kind of data set called {}", name),
              nearest.empty() ? kKindHint : fmt::format("Did you mean {}?", nearest));
}

const Kind& GuessKind(const std::string& folder, const std::string& split) {
  std::vector<const Kind*> fitting;
  for (const Kind& kind : kKinds)
    if (kind.fits(folder, split)) fitting.push_back(&kind);
  if (fitting.size() == 1) return *fitting[0];
  if (fitting.empty()) {
    const std::string found = FoldersIn(folder);
    throw Error(
        ErrorCode::kInput,
        split.empty() ? fmt::format("{} as a whole is laid out as no data set that fcn knows", folder)
                      : fmt::format("{} is laid out as no data set that fcn knows, or has no split {}", folder, split),
        fmt::format("It holds {}: check --data and --split. {}", found.empty() ? "no folders" : found, kKindHint));
  }
  throw Error(ErrorCode::kInput, fmt::format("{} could be {} or {}", folder, fitting[0]->name, fitting[1]->name),
              kKindHint);
}

}  // namespace

bool IsFile(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) && !fs::is_directory(path, ignored);
}

std::string ReadListText(const fs::path& path, size_t most) {
  const std::vector<uint8_t> bytes = ReadFile(path, most);
  return {bytes.begin(), bytes.end()};
}

void AddSample(Listing& listing, const std::string& name, const fs::path& image, const fs::path& labels) {
  if (!IsFile(image)) {
    listing.missing.push_back({"missing picture", image.string(),
                               fmt::format("sample {} has no picture: {} is missing", name, image.string())});
  } else if (!IsFile(labels)) {
    listing.missing.push_back({"missing labels", image.string(),
                               fmt::format("{} has no labels: {} is missing", image.string(), labels.string())});
  } else {
    listing.samples.push_back({name, image, labels});
  }
}

std::vector<fs::path> FilesOf(const fs::path& folder, bool (*wanted)(const fs::path&)) {
  std::vector<fs::path> files;
  for (const FolderEntry& entry : ReadFolder(folder))
    if (wanted(entry.path) && entry.type != fs::file_type::directory &&
        !entry.path.filename().string().starts_with('.'))  // such as macOS's ._a.jpg
      files.push_back(entry.path);
  return files;
}

Listing ListDataset(const DatasetOptions& options) {
  if (!IsFolder(options.folder))
    throw Error(ErrorCode::kIo, fmt::format("there is no folder {}", options.folder), "Check --data.");
  const Split split = ParseSplit(options.split);
  const Kind& kind = options.kind.empty() ? GuessKind(options.folder, split.name) : FindKind(options.kind);
  Listing listing;
  kind.list(listing, options.folder, split.name);
  // A file above is about several data sets, and hardly about one whose classes are known.
  const bool also_above = kind.set_classes == SetNoClasses;
  SetClasses(listing, kind, options.folder, also_above, ListPath(options.folder, split.name));
  const auto [first, last] = split.Range(listing.samples.size());
  listing.samples.erase(listing.samples.begin() + static_cast<std::ptrdiff_t>(last), listing.samples.end());
  listing.samples.erase(listing.samples.begin(), listing.samples.begin() + static_cast<std::ptrdiff_t>(first));
  return listing;
}

Listing ListClasses(const std::string& kind, const std::string& folder) {
  const Kind& found = FindKind(kind.empty() ? "pairs" : kind);
  Listing listing;
  SetClasses(listing, found, folder, true, {});  // above a folder of labels is the data set's own
  return listing;
}

}  // namespace fcn
