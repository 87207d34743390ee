#include "cli/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "fcn/error.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

bool LooksLikePicture(const fs::path& path) {
  constexpr std::array kEndings = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"};
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::vector<fs::path> PicturesOf(const fs::path& folder) {
  std::vector<fs::path> pictures;
  std::error_code error, ignored;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (LooksLikePicture(entry->path()) && !entry->is_directory(ignored)) pictures.push_back(entry->path());
  if (error)
    throw Error(ErrorCode::kIo, fmt::format("cannot read the folder {}: {}", folder.string(), error.message()));
  if (pictures.empty())
    throw Error(ErrorCode::kInput, fmt::format("the folder {} holds no pictures", folder.string()),
                "Pictures are files that end in .jpg, .jpeg, .png, .tif, .tiff or .webp.");
  std::sort(pictures.begin(), pictures.end());
  return pictures;
}

}  // namespace

std::vector<InputPicture> ListPictures(const std::vector<std::string>& paths) {
  std::vector<InputPicture> pictures;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::exists(path, error))
      throw Error(ErrorCode::kIo, fmt::format("there is no file or folder {}", path), "Check the path.");
    if (fs::is_directory(path, error)) {
      for (const fs::path& picture : PicturesOf(path)) pictures.push_back({picture, picture.stem().string()});
    } else {
      pictures.push_back({path, fs::path(path).stem().string()});
    }
  }
  std::map<std::string, fs::path> seen;
  for (const InputPicture& picture : pictures) {
    const auto [other, is_new] = seen.emplace(picture.stem, picture.path);
    if (!is_new)
      throw Error(ErrorCode::kUsage,
                  fmt::format("{} and {} would both be written as {}.png", other->second.string(),
                              picture.path.string(), picture.stem),
                  "Segment them into two output folders.");
  }
  return pictures;
}

}  // namespace fcn::cli
