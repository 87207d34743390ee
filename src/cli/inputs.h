#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/output_names.h"
#include "fcn/dataset.h"
#include "fcn/error.h"
#include "fcn/image.h"

namespace fcn::cli {

/// A picture to work on.
struct InputPicture {
  std::filesystem::path path;
  bool is_pipe = false;
  PicturePlace place = {};
  std::string output_name = {};                    ///< what the names of its results begin with (NameResults)
  std::vector<std::filesystem::path> others = {};  ///< the files of the model's further inputs (OtherInputs)
  /// Why it cannot be worked on, where that shows already: what fails is listed too, so that it fails alone.
  std::optional<Error> failure = std::nullopt;

  /// As what a model takes: a picture in colour, or all its bands. Throws the failure, or as ReadFile, ReadPipe,
  /// DecodeImage and DecodeRaster do.
  Raster Read(const InputInfo& input = {}, const ReadImageOptions& options = {},
              std::vector<ImageNote>* notes = nullptr) const;
};

/// What was found and is not worked on.
struct PassedOver {
  enum class Reason { kOtherKind, kFolder, kSamePicture, kResult };
  std::filesystem::path path;
  Reason reason;
};

struct InputList {
  std::vector<InputPicture> pictures;
  std::vector<PassedOver> passed_over;
  std::vector<std::string> longer_names = {};  ///< output names that had to be made longer, so that no results meet
};

/// Files and pipes as they are given ("-" is standard input), folders as the pictures in them, by name; with
/// `recursive` those below them as well, but not behind links to folders. Hidden files and folders count only where
/// they are given. Other files, folders that are not gone into, and the folder `output` are passed over;
/// where that is the folder that is given, what has the name of a result beside its picture. A picture with
/// several names (links, or other ways to write its path) is listed once. Throws what is wrong with the first where it
/// is the only one.
InputList ListPictures(const std::vector<std::string>& paths, bool recursive, const std::filesystem::path& output);

/// Gives all pictures that have not failed yet their output names, for results of these endings (OutputNames).
void NameResults(InputList& inputs, const std::vector<std::string>& endings);

/// The word for it in JSON.
const char* ReasonName(PassedOver::Reason reason);

/// What there is of each reason, `what` about it, and the names of the first few:
/// "4 files of other kinds and 1 folder passed over: a.txt, b.txt, c.txt, d.txt, …".
std::string Summary(std::span<const PassedOver> passed_over, const std::string& what);

}  // namespace fcn::cli
