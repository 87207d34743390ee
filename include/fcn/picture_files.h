#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/image.h"
#include "fcn/raster.h"

/// Files of pictures: what tells them from others before they are decoded, and what a model takes of them.
namespace fcn {

/// Whether a file's name ends as those of pictures that fcn reads do, in small or capital letters. HEIC and AVIF count
/// in builds without libheif as well: such a picture fails with a message instead of being passed over.
FCN_API bool HasPictureEnding(const std::filesystem::path& path);

/// The endings as messages list them: ".jpg, .jpeg, … or .avif".
FCN_API std::string PictureEndings();

/// So many first bytes tell every format that DecodeImage reads.
inline constexpr size_t kPictureStart = 4096;

/// Throws as DecodeImage does where a file that begins so is no picture that it reads. For pipes, of which the rest
/// need not be waited for. `start` has kPictureStart bytes, or is the whole file.
FCN_API void CheckPictureStart(std::span<const uint8_t> start, const std::string& name);

/// Pictures of up to so many pixels are read from files of any size: decoded they take some hundred megabytes at most.
inline constexpr int64_t kAnyFilesPixels = 50'000'000;

/// How the pictures of the k-th input are read: what the options say of bands and pages is about the first one's.
FCN_API ReadImageOptions InputOptions(const ReadImageOptions& options, size_t k);

/// An input's picture: in colour, or all its bands. Throws as ReadImage and ReadRaster do, and Error(kInput) for
/// another number of bands than the input's.
FCN_API Raster ReadInput(const std::filesystem::path& path, const InputInfo& input, const ReadImageOptions& options,
                         std::vector<ImageNote>* notes);

}  // namespace fcn
