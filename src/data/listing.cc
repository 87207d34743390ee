#include "data/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/class_files.h"
#include "data/known_classes.h"
#include "data/listing_parts.h"
#include "data/lists.h"
#include "data/published_sets.h"
#include "data/role_folders.h"
#include "data/role_options.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/picture_files.h"
#include "fcn/text.h"

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

/// What the other folders have for the pictures of the first.
class Partners {
 public:
  /// `kind` is an input's name, of which a stem has one file; or "labels": of several the PNG is meant, and a file of
  /// MATLAB's where there is no picture.
  Partners(const fs::path& folder, std::string kind, bool is_input) : folder_(folder), kind_(std::move(kind)) {
    for (const fs::path& path : FilesOf(folder, HasPictureEnding)) {
      fs::path& slot = files_[path.stem().string()];
      if (is_input && !slot.empty()) ThrowSameStem(slot, path, "be of the same picture");
      if (slot.empty() || path.extension() == ".png") slot = path;
    }
    if (is_input) return;
    for (const fs::path& path : FilesOf(folder, [](const fs::path& file) { return file.extension() == ".mat"; }))
      mats_.emplace(path.stem().string(), path);
  }

  /// The one of a stem, or where it would be.
  fs::path Of(const std::string& stem) const {
    if (const auto found = files_.find(stem); found != files_.end()) return found->second;
    const auto mat = mats_.find(stem);
    return mat == mats_.end() ? folder_ / (stem + ".png") : mat->second;
  }
  void AddUnused(const std::map<std::string, fs::path>& pictures, const fs::path& images, Listing& listing) const {
    for (const auto& [stem, path] : files_)
      if (!pictures.contains(stem))
        listing.unused.push_back(
            {kind_ + " without a picture", path.string(),
             fmt::format("{} belongs to no picture: there is no {} in {}", path.string(), stem, images.string())});
  }

 private:
  fs::path folder_;
  std::string kind_;
  std::map<std::string, fs::path> files_, mats_;
};

/// Pictures of the first folder with what the others have by their stems.
void ListFolders(Listing& listing, const DatasetOptions& options, const std::vector<fs::path>& inputs,
                 const std::vector<fs::path>& labels) {
  std::vector<Partners> partners;  // the inputs but the first, then the labels
  for (size_t i = 1; i < inputs.size(); i++) partners.emplace_back(inputs[i], options.inputs[i].name, true);
  for (const fs::path& folder : labels) partners.emplace_back(folder, "labels", false);
  std::map<std::string, fs::path> seen;
  for (const fs::path& path : FilesOf(inputs[0], HasPictureEnding)) {
    const std::string stem = path.stem().string();
    const auto [other, is_new] = seen.emplace(stem, path);
    if (!is_new) ThrowSameStem(other->second, path, "have the same labels");
    SampleFiles files{stem, {path}, {}};
    for (size_t i = 0; i < partners.size(); i++)
      (i + 1 < inputs.size() ? files.inputs : files.labels).push_back(partners[i].Of(stem));
    AddSample(listing, options, std::move(files));
  }
  for (const Partners& others : partners) others.AddUnused(seen, inputs[0], listing);
}

/// What is in a folder, for messages: "with the labels of PICTURES".
std::string LabelsOf(const fs::path& images) { return fmt::format("with the labels of {}", images.string()); }

/// `pictures` are what is missing where a folder is, `parent` has those of labels.
void ListRoles(Listing& listing, const DatasetOptions& options, const std::string& split, const fs::path& parent,
               const std::string& pictures, RolePlace image_folder, RolePlace label_folder) {
  const std::vector<std::string> names = InputNames(options), heads = HeadsOf(options);
  const std::vector<fs::path> inputs = RoleFolders(names, split, image_folder);
  const std::vector<fs::path> labels = RoleFolders(heads, split, label_folder);
  CheckRoleFolders("input", names, inputs, options.folder, split, image_folder);
  CheckRoleFolders("head", heads, labels, options.folder, split, label_folder);
  for (const fs::path& folder : inputs)
    if (!IsFolder(folder)) ThrowNoFolder(folder, pictures, options.folder);
  for (const fs::path& folder : labels)
    if (!IsFolder(folder)) {
      if (labels.size() > 1)
        throw Error(ErrorCode::kInput, fmt::format("there is no folder {} {}", folder.string(), LabelsOf(inputs[0])),
                    "Put them there, or leave that head out of --heads.");
      ThrowNoFolder(folder, LabelsOf(inputs[0]), parent);
    }
  listing.has_own_labels = labels[0] == label_folder(split, "");
  ListFolders(listing, options, inputs, labels);
}

void ListCamvid(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path folder = options.folder;
  if (split.empty()) ThrowNoFolder(folder / split, "with CamVid's pictures", folder);
  ListRoles(
      listing, options, split, folder, "with CamVid's pictures",
      [&](const std::string& its, const std::string& ending) { return folder / (its + ending); },
      [&](const std::string& its, const std::string& ending) { return folder / (its + "annot" + ending); });
}

void SetCamvidClasses(KnownClasses& known) {
  known.classes = CamvidClasses();
  known.from = "CamVid";
}

void SetVocClasses(KnownClasses& known) {
  known.classes = VocClasses();
  known.from = "PASCAL VOC";
  known.void_values = {255};
  known.void_colours = {{224, 224, 192}};
}

void SetNoClasses(KnownClasses&) {}

void ListPairs(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path folder = options.folder;
  const auto inner_images = [&](const std::string& its, const std::string& ending) {
    return folder / ("images" + ending) / its;
  };
  if (split.empty() || IsFolder(RoleFolders(InputNames(options), split, inner_images)[0])) {
    ListRoles(listing, options, split, folder, "with pictures", inner_images,
              [&](const std::string& its, const std::string& ending) { return folder / ("masks" + ending) / its; });
  } else {
    ListRoles(
        listing, options, split, folder / split, "with pictures",
        [&](const std::string& its, const std::string& ending) { return folder / its / ("images" + ending); },
        [&](const std::string& its, const std::string& ending) { return folder / its / ("masks" + ending); });
  }
}

/// The list's file; its ending may be left out.
fs::path ListPath(const fs::path& folder, const std::string& split) {
  fs::path list = folder / split;
  if (!IsFile(list)) list += ".txt";
  return list;
}

/// The files of a list's line that these roles have; the first of all such roles is at `first`.
void AddPlaces(const std::vector<std::string>& names, const std::vector<std::string>& all, size_t first,
               std::vector<size_t>& places) {
  for (const std::string& name : names) {
    const auto place = std::ranges::find(all, name);
    if (place == all.end())
      throw Error(ErrorCode::kUsage, fmt::format("no column of the list is of {}", Quoted(name)),
                  "Say what files the lines of the list have, by name and in order.");
    places.push_back(first + static_cast<size_t>(place - all.begin()));
  }
}

/// Whether its lines have more than what is asked for.
bool HasAllColumns(const DatasetOptions& options, const fs::path& list, const std::string& text) {
  const size_t all = options.list_inputs.size() + options.list_heads.size();
  return all > 2 && HasColumns(text, list.string(), all);
}

/// A line has the files of all inputs and then of all heads.
void ListColumns(Listing& listing, const DatasetOptions& options, const fs::path& list, const std::string& text) {
  const fs::path folder = options.folder;
  const std::vector<std::string> inputs = InputNames(options), heads = HeadsOf(options);
  const bool has_all = HasAllColumns(options, list, text);
  const std::vector<std::string>&all_inputs = has_all ? options.list_inputs : inputs,
        &all_heads = has_all ? options.list_heads : heads;
  std::vector<size_t> places;
  AddPlaces(inputs, all_inputs, 0, places);
  AddPlaces(heads, all_heads, all_inputs.size(), places);
  for (const std::vector<std::string>& paths :
       ParseColumns(text, list.string(), all_inputs.size() + all_heads.size())) {
    SampleFiles files{fs::path(paths[places[0]]).replace_extension().string(), {}, {}};
    for (size_t i = 0; i < places.size(); i++)
      (i < inputs.size() ? files.inputs : files.labels).push_back(folder / paths[places[i]]);
    AddSample(listing, options, std::move(files));
  }
}

void ListFromFile(Listing& listing, const DatasetOptions& options, const std::string& split) {
  const fs::path folder = options.folder;
  const fs::path list = ListPath(folder, split);
  if (split.empty() || !IsFile(list))
    throw Error(ErrorCode::kInput, fmt::format("there is no list file {}", (folder / split).string()),
                "--split is the list's name in the folder --data, with lines \"image label\".");
  const std::string text = ReadListText(list);
  if (InputsOf(options).size() + HeadsOf(options).size() > 2 || HasAllColumns(options, list, text))
    return ListColumns(listing, options, list, text);
  const auto exists = [&](const ListEntry& entry) {
    return IsFile(folder / entry.image) && IsFile(folder / entry.labels);
  };
  for (const ListEntry& entry : ParseList(text, list.string(), exists))
    AddSample(listing, options,
              {fs::path(entry.image).replace_extension().string(), {folder / entry.image}, {folder / entry.labels}});
}

struct Kind {
  const char* name;
  void (*list)(Listing&, const DatasetOptions&, const std::string& split);
  void (*set_classes)(KnownClasses&);  ///< those that it was published with
  bool (*fits)(const fs::path&, const std::string& split);
  bool is_set = false;             ///< of one data set, whose folder is not taken for one with a list
  bool has_fixed_classes = false;  ///< no class file counts
};

bool HasList(const fs::path& folder, const std::string& split) {
  return !split.empty() && IsFile(ListPath(folder, split));
}

Kind KindOf(const PublishedSet& set) { return {set.name, set.list, set.set_classes, set.fits, true, !set.is_imitated}; }

const Kind kKinds[] = {
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
    KindOf(kSbd),
    KindOf(kNyud),
    KindOf(kSiftFlow),
    KindOf(kPascalContext),
    KindOf(kCityscapes),
    KindOf(kAde20k),
};

/// A class file goes before the classes that the layout was published with.
void PreferClassFile(KnownClasses& known, const Kind& kind, const fs::path& folder, bool also_above,
                     const fs::path& list) {
  if (kind.has_fixed_classes) return;
  known.are_published = !known.classes.names.empty();
  if (std::optional<ClassFile> file = FindClassFile(folder, also_above, list)) {
    known.classes = std::move(file->classes);
    known.from = std::move(file->path);
    known.are_published = false;
  }
}

void SetClasses(Listing& listing, const Kind& kind, const DatasetOptions& options, const fs::path& list) {
  // A file above is about several data sets, and hardly about one whose classes are known.
  const bool also_above = kind.set_classes == SetNoClasses;
  for (const std::string& head : HeadsOf(options)) {
    const bool is_own = listing.heads.empty() && listing.has_own_labels;
    std::optional<ClassFile> file;
    if (!head.empty()) file = FindHeadClassFile(options.folder, also_above, head);
    KnownClasses known;
    if (file) {
      known.classes = std::move(file->classes), known.from = std::move(file->path);
    } else {
      if (!listing.published.empty())
        known = listing.published[listing.heads.size()];
      else if (is_own)
        kind.set_classes(known);
      if (is_own) PreferClassFile(known, kind, options.folder, also_above, list);
    }
    if (!listing.heads.empty()) known.head = head;
    if (file || !is_own) known.class_file = ClassFileName(head);
    listing.heads.push_back(std::move(known));
  }
}

constexpr const char* kKindHint =
    "Name the layout with --dataset: camvid, voc, pairs, list, scenes, sbd, nyud, sift-flow, pascal-context, "
    "cityscapes or ade20k.";

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
  if (std::ranges::any_of(fitting, &Kind::is_set))
    std::erase_if(fitting, [](const Kind* kind) { return std::string_view(kind->name) == "list"; });
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

/// What is wrong with a path that is no file.
const char* WhyNoFile(const fs::path& path) { return IsFolder(path) ? "is a folder" : "is missing"; }

/// The names in a list, found from the data's folder, or else of a split.
std::set<std::string> NamesOf(const std::string& other, const Kind& kind, const DatasetOptions& options) {
  std::set<std::string> names;
  if (const fs::path list = ListPath(options.folder, other); IsFile(list)) {
    for (std::string& name : ParseNames(ReadListText(list), list.string()))
      names.insert(HasPictureEnding(name) ? fs::path(name).replace_extension().string() : std::move(name));
    return names;
  }
  Listing listing;
  kind.list(listing, options, other);
  for (const SampleFiles& sample : listing.samples) names.insert(sample.name);
  return names;
}

}  // namespace

void ThrowNoFolder(const fs::path& folder, const std::string& what, const fs::path& parent) {
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

void ThrowSameStem(const fs::path& one, const fs::path& other, const std::string& what) {
  throw Error(ErrorCode::kInput, fmt::format("{} and {} would {}", one.string(), other.string(), what),
              "Remove one of them, or name the pairs in a list file (--dataset list).");
}

bool IsFile(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) && !fs::is_directory(path, ignored);
}

std::string ReadListText(const fs::path& path, size_t most) {
  const std::vector<uint8_t> bytes = ReadFile(path, most);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string> InputNames(const DatasetOptions& options) {
  std::vector<std::string> names;
  for (const InputInfo& input : InputsOf(options)) names.push_back(input.name);
  return names;
}

void AddSample(Listing& listing, const DatasetOptions& options, SampleFiles files) {
  if (listing.without.contains(files.name)) {
    listing.left_out.insert(std::move(files.name));
    return;
  }
  const std::string picture = files.inputs[0].string();
  if (!IsFile(picture)) {
    listing.missing.push_back(
        {"missing picture", picture,
         fmt::format("sample {} has no picture: {} {}", files.name, picture, WhyNoFile(files.inputs[0]))});
    return;
  }
  for (size_t i = 1; i < files.inputs.size(); i++)
    if (!IsFile(files.inputs[i])) {
      const std::string& name = options.inputs[i].name;
      listing.missing.push_back(
          {"missing " + name, picture,
           fmt::format("{} has no {}: {} {}", picture, name, files.inputs[i].string(), WhyNoFile(files.inputs[i]))});
      return;
    }
  for (const fs::path& labels : files.labels)
    if (!IsFile(labels)) {
      listing.missing.push_back({"missing labels", picture,
                                 fmt::format("{} has no labels: {} {}", picture, labels.string(), WhyNoFile(labels))});
      return;
    }
  listing.samples.push_back(std::move(files));
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
  CheckRoles(options);
  if (!IsFolder(options.folder))
    throw Error(ErrorCode::kIo, fmt::format("there is no folder {}", options.folder), "Check --data.");
  const Split split = ParseSplit(options.split);
  const Kind& kind = options.kind.empty() ? GuessKind(options.folder, split.name) : FindKind(options.kind);
  Listing listing;
  listing.kind = kind.name;
  std::vector<std::set<std::string>> left_out;
  for (const std::string& other : split.without)
    listing.without.merge(std::set(left_out.emplace_back(NamesOf(other, kind, options))));
  kind.list(listing, options, split.name);
  for (size_t i = 0; i < left_out.size(); i++)
    if (std::ranges::none_of(left_out[i], [&](const std::string& name) { return listing.left_out.contains(name); }))
      listing.unused.push_back({"nothing left out", split.without[i],
                                fmt::format("{} has no name of a sample of {}, so that it leaves nothing out",
                                            split.without[i], split.name)});
  SetClasses(listing, kind, options, ListPath(options.folder, split.name));
  const auto [first, last] = split.Range(listing.samples.size());
  listing.samples.erase(listing.samples.begin() + static_cast<std::ptrdiff_t>(last), listing.samples.end());
  listing.samples.erase(listing.samples.begin(), listing.samples.begin() + static_cast<std::ptrdiff_t>(first));
  return listing;
}

KnownClasses ListClasses(const std::string& kind, const std::string& folder) {
  const Kind& its = FindKind(kind.empty() ? "pairs" : kind);
  KnownClasses known;
  its.set_classes(known);
  PreferClassFile(known, its, folder, /*also_above=*/true, {});  // where the data set's own is
  return known;
}

}  // namespace fcn
