#include "fcn/picture_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace fcn {
namespace {

constexpr std::array<std::string_view, 14> kEndings = {".jpg",  ".jpeg", ".jpe", ".jfif", ".png",  ".tif",  ".tiff",
                                                       ".webp", ".bmp",  ".dib", ".gif",  ".heic", ".heif", ".avif"};

}  // namespace

bool HasPictureEnding(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::string PictureEndings() {
  std::string text(kEndings.front());
  for (size_t i = 1; i < kEndings.size(); i++) {
    text += i + 1 < kEndings.size() ? ", " : " or ";
    text += kEndings[i];
  }
  return text;
}

}  // namespace fcn
