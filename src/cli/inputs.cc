#include "cli/inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "fcn/files.h"
#include "fcn/picture_files.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;
using Reason = PassedOver::Reason;

constexpr const char* kStandardInput = "/dev/stdin";

/// What is read from a pipe is in memory as a whole: no more than the pixels that it may have take as four samples of
/// 16 bits, without compression.
size_t MostPipedBytes(const ReadImageOptions& options) {
  constexpr int64_t kBytesOfPixel = 8, kMostPixels = int64_t{1} << 50;
  return static_cast<size_t>(kBytesOfPixel * std::clamp(options.max_pixels, kAnyFilesPixels, kMostPixels));
}

fs::path Absolute(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  const fs::path normal = (error ? path : absolute).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();  // "folder/" is "folder"
}

/// The path of a file that has no links in it.
fs::path Resolved(const fs::path& path) {
  std::error_code error;
  const fs::path resolved = fs::canonical(path, error);
  return error ? Absolute(path) : resolved;
}

/// The names of a folder's pictures.
class PictureNames {
 public:
  void Add(const fs::path& name) {
    names_.insert(name.string());
    stems_.insert(name.stem().string());
  }

  /// Whether one of them has the name of an overlay or a heat map of another one, or of the labels that belong to such
  /// an overlay: a folder that was segmented into itself has these.
  bool IsResult(const std::string& name) const {
    for (const std::string_view ending : {".overlay.png", ".heat.png"})
      if (name.ends_with(ending) && Called(name.substr(0, name.size() - ending.size())) > 0) return true;
    if (!name.ends_with(".png")) return false;
    const fs::path of = fs::path(name).stem();
    if (!names_.contains(of.string() + ".overlay.png")) return false;
    // It is called so itself; of several heads its name has the head's behind the picture's.
    return Called(of.string()) > 1 || (of.has_extension() && Called(of.stem().string()) > 0);
  }

 private:
  /// How many pictures have that name, with their ending or without.
  size_t Called(const std::string& name) const { return names_.count(name) + stems_.count(name); }

  std::set<std::string> names_;
  std::multiset<std::string> stems_;
};

class Lister {
 public:
  Lister(bool recursive, const fs::path& output) : recursive_(recursive), output_(IdentityOf(output)) {}

  void AddGiven(const fs::path& path) {
    std::error_code error;
    const fs::file_type type = fs::status(path, error).type();
    const bool is_pipe = type == fs::file_type::fifo || (type == fs::file_type::socket && path == kStandardInput);
    if (type == fs::file_type::directory) {
      AddGivenFolder(path);
    } else if (is_pipe || type == fs::file_type::regular) {
      const fs::path absolute = Absolute(path), resolved = Resolved(path);
      Add({{.path = path, .is_pipe = is_pipe, .place = {absolute.parent_path(), absolute.filename()}},
           resolved != absolute},
          resolved);
    } else if (error || type == fs::file_type::not_found) {
      AddFailure(
          path, ErrorCode::kIo,
          fmt::format("cannot open {}: {}", path.string(), error ? error.message() : "there is no such file or folder"),
          "Check the path.");
    } else {
      AddFailure(path, ErrorCode::kIo, fmt::format("cannot read {}: it is a device or a socket", path.string()),
                 "Give files, folders or pipes.");
    }
  }

  InputList Result() {
    InputList list;
    for (Found& found : found_) list.pictures.push_back(std::move(found.picture));
    list.passed_over = std::move(passed_over_);
    return list;
  }

 private:
  struct Found {
    InputPicture picture;
    bool is_link;
  };

  /// Which of a picture's names counts does not depend on the order in which they are given: one without links, then
  /// one of the folder highest up.
  static bool IsBetter(const Found& a, const Found& b) {
    const auto rank = [](const Found& found) {
      const PicturePlace& place = found.picture.place;
      return std::tuple(found.is_link, place.root.native().size(), std::tie(place.root, place.below));
    };
    return rank(a) < rank(b);
  }

  void Add(Found found, const fs::path& resolved) {
    const auto [other, is_new] = by_path_.emplace(resolved.string(), found_.size());
    if (is_new) {
      found_.push_back(std::move(found));
      return;
    }
    Found& listed = found_[other->second];
    if (IsBetter(found, listed)) std::swap(found, listed);
    passed_over_.push_back({found.picture.path, Reason::kSamePicture});
  }

  void AddFailure(const fs::path& path, ErrorCode code, const std::string& message, const std::string& hint) {
    found_.push_back({{.path = path, .failure = Error(code, message, hint)}, false});
  }

  void AddGivenFolder(const fs::path& folder) {
    const size_t others_before = passed_over_.size();
    hidden_ = 0;
    holds_results_ = output_ && IdentityOf(folder) == output_;
    if (AddFolder(folder, Absolute(folder), {}) > 0) return;
    const std::span others = std::span(passed_over_).subspan(others_before);
    const bool has_folder = std::any_of(others.begin(), others.end(),
                                        [](const PassedOver& other) { return other.reason == Reason::kFolder; });
    const std::string what = !others.empty() ? "it has " + Summary(others, "")
                             : hidden_ > 0   ? "it has hidden files alone"
                                             : "it is empty";
    AddFailure(folder, ErrorCode::kInput, fmt::format("the folder {} holds no pictures: {}", folder.string(), what),
               fmt::format("Pictures are files that end in {}.{}", PictureEndings(),
                           has_folder && !recursive_ ? " With --recursive those in folders below count as well." : ""));
  }

  /// Returns how many pictures and failures there are in it.
  size_t AddFolder(const fs::path& folder, const fs::path& root, const fs::path& below) {
    std::vector<FolderEntry> entries;
    try {
      entries = ReadFolder(folder);
    } catch (const Error& error) {
      AddFailure(folder, error.code(), error.message(), error.hint());
      return 1;
    }
    const fs::path resolved = Resolved(folder);
    PictureNames pictures;
    for (const FolderEntry& entry : entries)
      if (HasPictureEnding(entry.path.filename())) pictures.Add(entry.path.filename());
    size_t count = 0;
    for (const FolderEntry& entry : entries) {
      const fs::path name = entry.path.filename();
      if (name.native().starts_with('.')) {
        hidden_++;
      } else if (entry.type == fs::file_type::directory) {
        if (recursive_ && !entry.is_link && IdentityOf(entry.path) != output_)
          count += AddFolder(entry.path, root, below / name);
        else
          passed_over_.push_back({entry.path, Reason::kFolder});
      } else if (holds_results_ && pictures.IsResult(name.string())) {
        passed_over_.push_back({entry.path, Reason::kResult});
      } else if (HasPictureEnding(name) && entry.type == fs::file_type::not_found && !entry.is_link) {
        count++;
        AddFailure(entry.path, ErrorCode::kIo,
                   fmt::format("cannot open {}: its folder may not be searched", entry.path.string()),
                   "Check the permissions.");
      } else if (!HasPictureEnding(name) || (entry.type != fs::file_type::regular && !entry.leads_nowhere())) {
        passed_over_.push_back({entry.path, Reason::kOtherKind});
      } else {
        count++;
        if (entry.leads_nowhere())
          AddFailure(entry.path, ErrorCode::kIo,
                     fmt::format("cannot open {}: it is a link that cannot be followed", entry.path.string()),
                     "Check where it leads.");
        else
          Add({{.path = entry.path, .place = {root, below / name}}, entry.is_link},
              entry.is_link ? Resolved(entry.path) : resolved / name);
      }
    }
    return count;
  }

  const bool recursive_;
  const std::optional<FileIdentity> output_;
  std::vector<Found> found_;
  std::unordered_map<std::string, size_t> by_path_;  ///< the index of what is listed, by its resolved path
  std::vector<PassedOver> passed_over_;
  size_t hidden_ = 0;           ///< entries of the given folder at hand
  bool holds_results_ = false;  ///< whether that is where results are written
};

}  // namespace

Raster InputPicture::Read(const InputInfo& input, const ReadImageOptions& options,
                          std::vector<ImageNote>* notes) const {
  if (failure) throw *failure;
  if (!is_pipe) return ReadInput(path, input, options, notes);
  const auto check_start = [&](std::span<const uint8_t> start) {
    if (!start.empty()) CheckPictureStart(start, path.string());  // DecodeImage says that it is empty
  };
  const std::vector<uint8_t> bytes = ReadPipe(path, MostPipedBytes(options), kPictureStart, check_start);
  if (input.bands > 0) return DecodeRaster(bytes.data(), bytes.size(), path.string(), options, notes);
  return Raster(DecodeImage(bytes.data(), bytes.size(), path.string(), options, notes));
}

InputList ListPictures(const std::vector<std::string>& paths, bool recursive, const fs::path& output) {
  Lister lister(recursive, output);
  for (const std::string& path : paths) lister.AddGiven(path == "-" ? kStandardInput : path);
  InputList list = lister.Result();
  if (list.pictures.size() == 1 && list.pictures.front().failure) throw *list.pictures.front().failure;
  return list;
}

void NameResults(InputList& inputs, const std::vector<std::string>& endings) {
  std::vector<InputPicture*> named;
  std::vector<PicturePlace> places;
  for (InputPicture& picture : inputs.pictures)
    if (!picture.failure) named.push_back(&picture), places.push_back(picture.place);
  const std::vector<std::string> names = OutputNames(places, endings);
  for (size_t i = 0; i < names.size(); i++) {
    named[i]->output_name = names[i];
    if (names[i] != fs::path(places[i].below).replace_extension()) inputs.longer_names.push_back(names[i]);
  }
}

const char* ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kOtherKind:
      return "other kind";
    case Reason::kFolder:
      return "folder";
    case Reason::kSamePicture:
      return "same picture";
    case Reason::kResult:
      return "earlier result";
  }
  return "";
}

std::string Summary(std::span<const PassedOver> passed_over, const std::string& what) {
  struct Kind {
    Reason reason;
    const char *one, *many;
  };
  constexpr Kind kKinds[] = {{Reason::kOtherKind, "file of another kind", "files of other kinds"},
                             {Reason::kFolder, "folder", "folders"},
                             {Reason::kSamePicture, "other name of a picture", "other names of pictures"},
                             {Reason::kResult, "result of an earlier run", "results of an earlier run"}};
  std::vector<std::string> counts, names;
  for (const Kind& kind : kKinds)
    if (const auto count = std::count_if(passed_over.begin(), passed_over.end(),
                                         [&](const PassedOver& one) { return one.reason == kind.reason; }))
      counts.push_back(fmt::format("{} {}", count, count == 1 ? kind.one : kind.many));
  constexpr size_t kNamed = 4;
  for (const PassedOver& one : passed_over.first(std::min(kNamed, passed_over.size())))
    names.push_back(one.path.filename().string());
  if (passed_over.size() > kNamed) names.emplace_back("…");
  const std::string last = counts.back();
  counts.pop_back();
  return fmt::format("{}{}{}{}: {}", fmt::join(counts, ", "), counts.empty() ? "" : " and ", last, what,
                     fmt::join(names, ", "));
}

}  // namespace fcn::cli
