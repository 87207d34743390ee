#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <utility>

#include "fcn/dataset.h"
#include "fcn/function_ref.h"

namespace fcn {

/// How many pictures there are of each width and height.
using PictureSizes = std::map<std::pair<int, int>, int64_t>;

/// The sizes of a data set's pictures as the first bytes of their labels tell them, which have the same size: nothing
/// is decoded. Labels that PngSize knows no size of are left out: whoever reads them says so. `progress` is
/// called after each; what it throws ends the reading. Throws as ListDataset does.
PictureSizes ReadPictureSizes(const DatasetOptions& options, FunctionRef<void(size_t done, size_t total)> progress);

/// Of the largest; 0 where there are none.
int64_t LargestPixels(const PictureSizes& sizes);

/// No machine has memory for more: plans count the bytes of so many in 64 bits.
inline constexpr int64_t kMostPlannedPixels = int64_t{1} << 50;

/// Width and height of a PNG from its first bytes; zeros where it is no PNG, or where decoders would refuse it for that
/// header: more pixels than `options` allow, or than the file's bytes can hold.
std::pair<int, int> PngSize(const std::filesystem::path& path, const ReadImageOptions& options);

/// The first labels of that size, for messages.
std::filesystem::path LabelsOfSize(const DatasetOptions& options, std::pair<int, int> size);

}  // namespace fcn
