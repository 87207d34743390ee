#pragma once

#include <cstdint>

#include "fcn/image.h"
#include "fcn/picture_files.h"

/// How many pixels a file may have, whatever its header claims: the one limit of pictures and labels.
namespace fcn {

/// Photographs and labels of more than kAnyFilesPixels have at least a byte for so many. JPEG could pack 512 into one,
/// PNG 8256, a blank fax page some 30 000, but then nearly all of them are alike.
inline constexpr int64_t kMostPixelsOfByte = 50;
inline constexpr int64_t kMostPixels = int64_t{1} << 30;  ///< unless options.max_pixels says otherwise

/// The most that a file of so many bytes may have.
int64_t MostPixels(const ReadImageOptions& options, int64_t file_bytes);

}  // namespace fcn
