#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "fcn/dataset.h"

namespace fcn {

/// How the k-th input's pictures are read: what the options say of bands and pages is about the first one's.
ReadImageOptions InputOptions(const ReadImageOptions& options, size_t k);

/// A sample's picture: in colour, or all its bands. Throws as ReadImage and ReadRaster do, and Error(kInput) for
/// another number of bands than the input's.
Raster ReadInput(const std::filesystem::path& path, const InputInfo& input, const ReadImageOptions& options,
                 std::vector<ImageNote>* notes);

/// "a.jpg has 8x6 pixels, but its labels a.png have 8x7". `what` is "labels", or an input's name.
std::string SizeMismatch(const std::string& image, int width, int height, const std::string& what,
                         const std::string& other, int other_width, int other_height);

}  // namespace fcn
