#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "fcn/dataset.h"
#include "fcn/function_ref.h"

namespace fcn {

/// How many pictures there are of each width and height.
using PictureSizes = std::map<std::pair<int, int>, int64_t>;

/// The sizes of a data set's pictures, as far as they are known (Dataset::picture_size): of files the first bytes of
/// the labels tell them, which have the same size, and nothing is decoded. `progress` is called after each; what it
/// throws ends the reading.
PictureSizes ReadPictureSizes(const Dataset& dataset, FunctionRef<void(size_t done, size_t total)> progress);

/// Of the largest; 0 where there are none.
int64_t LargestPixels(const PictureSizes& sizes);

/// No machine has memory for more: plans count the bytes of so many in 64 bits.
inline constexpr int64_t kMostPlannedPixels = int64_t{1} << 50;

/// Width and height of a PNG from its first bytes; zeros where it is no PNG, or where decoders would refuse it for that
/// header: more pixels than `options` allow, or than the file's bytes can hold.
std::pair<int, int> PngSize(const std::filesystem::path& path, const ReadImageOptions& options);

/// The size of labels, of a PNG or a file of MATLAB's, likewise.
std::pair<int, int> LabelSize(const std::filesystem::path& path, const ReadImageOptions& options);

/// What messages call the first sample of that size.
std::string SourceOfSize(const Dataset& dataset, std::pair<int, int> size);

}  // namespace fcn
