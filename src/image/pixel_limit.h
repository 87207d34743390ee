#pragma once

#include <cstdint>

#include "fcn/image.h"

/// How many pixels a file may have, whatever its header claims: the one limit of pictures and labels.
namespace fcn {

/// Pictures of up to so many are read from files of any size: decoded they take some hundred megabytes at most.
inline constexpr int64_t kAnyFilesPixels = 50'000'000;
/// Photographs and labels of more have at least a byte for so many. JPEG could pack 512 into one, PNG 8256, a blank fax
/// page some 30 000, but then nearly all of them are alike.
inline constexpr int64_t kMostPixelsOfByte = 50;
inline constexpr int64_t kMostPixels = int64_t{1} << 30;  ///< unless options.max_pixels says otherwise

/// The most that a file of so many bytes may have.
int64_t MostPixels(const ReadImageOptions& options, int64_t file_bytes);

}  // namespace fcn
