#pragma once

#include <filesystem>
#include <string>

namespace fcn {

/// Whether a file's name ends as those of pictures that fcn reads do, in small or capital letters. HEIC and AVIF count
/// in builds without libheif as well: such a picture fails with a message instead of being passed over.
bool HasPictureEnding(const std::filesystem::path& path);

/// The endings as messages list them: ".jpg, .jpeg, … or .avif".
std::string PictureEndings();

}  // namespace fcn
