#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <utility>

#include "data/open.h"

namespace fcn {

/// How many pictures there are of each width and height.
using PictureSizes = std::map<std::pair<int, int>, int64_t>;

/// The sizes of a data set's pictures as the first bytes of their labels tell them, which have the same size: nothing
/// is decoded. Labels that are no PNG, or that cannot be read, are left out: whoever reads them says so. Throws as
/// ListDataset does.
PictureSizes ReadPictureSizes(const DatasetOptions& options);

/// Of the largest; 0 where there are none.
int64_t LargestPixels(const PictureSizes& sizes);

/// Width and height of a PNG from its first bytes; zeros where it is none.
std::pair<int, int> PngSize(const std::filesystem::path& path);

}  // namespace fcn
