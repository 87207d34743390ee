#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/evaluate.h"
#include "fcn/export.h"
#include "fcn/function_ref.h"
#include "fcn/runtime.h"

/// About what predictions of a coarse resolution can reach: the truth is downsampled by a network's output stride,
/// upsampled again, and scored against itself (Shelhamer, Long and Darrell 2016, "Upper bounds on
/// IU": 50.9, 73.3, 86.1, 92.8, 96.4 and 98.5 on pictures of PASCAL VOC 2011). Where the nearest label is one that does
/// not count, the pixel has no class and counts as wrong, which comes closest to the paper's figures.
namespace fcn {

/// The strides of the paper's table.
inline constexpr int kUpperBoundStrides[] = {128, 64, 32, 16, 8, 4};

/// Labels downsampled and upsampled to the nearest: every cell of stride × stride pixels, those at the right and lower
/// edge cut off, has the label of its middle pixel (for even strides the one to the lower right of the middle; where
/// that is cut off, the nearest that is left), kIgnoredLabel too. Throws Error(kUsage) for a stride below 1.
FCN_API LabelMap AtStride(const LabelMap& labels, int stride);

struct FCN_API UpperBound {
  int stride;
  Evaluation evaluation;  ///< of AtStride against the truth
};

/// For each stride, in order. `progress` is called with the samples done, from one thread at a time; what it throws
/// ends it. Throws Error(kUsage) as AtStride, what Dataset::Get throws, and Error(kCancelled).
FCN_API std::vector<UpperBound> UpperBounds(const Dataset& dataset, std::span<const int> strides,
                                            const Runtime& runtime,
                                            FunctionRef<void(size_t done, size_t total)> progress);

}  // namespace fcn
