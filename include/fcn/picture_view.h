#pragma once

#include <cstddef>
#include <vector>

#include "fcn/export.h"
#include "fcn/image.h"
#include "fcn/raster.h"

namespace fcn {

/// A picture in memory of somebody else: a camera's frame, a part of a larger picture. Rows go from the top; samples
/// need not be aligned. The memory must stay as it is while a function has the view.
struct FCN_API PictureView {
  const void* samples = nullptr;  ///< where the upper left pixel begins
  SampleType type = SampleType::kUint8;
  int width = 0, height = 0;
  int bands = 3;              ///< that are taken of each pixel, 1 to kMostPictureBands
  ptrdiff_t pixel_bytes = 0;  ///< from a pixel to the one on its right; 0: its bands and nothing else
  /// From a row to the one below; negative where rows are stored from the bottom up, of which the last then begins with
  /// `samples`. 0: no gaps.
  ptrdiff_t row_bytes = 0;
  /// Of each band the sample of a pixel that it is, counted from 0: {2, 1, 0} of BGR and, with 4 pixel_bytes, of BGRA.
  /// Empty: in their order.
  std::vector<int> order = {};
};

/// A view of a whole picture, without a gap. Throws Error(kInput) where it has other samples than its size asks for.
FCN_API PictureView ViewOf(const Image& image);
FCN_API PictureView ViewOf(const Raster& raster);

/// The bands that a view takes, in its order. Throws Error(kInput) for a view without memory or pixels, of more than
/// 2³² pixels, of other than 1 to kMostPictureBands bands, with steps that are smaller than what lies between, or
/// larger than 2²⁰ bytes (of pixels) or 2³¹ (of rows), and with an order that names other samples than those of a
/// pixel.
FCN_API Raster CopyOf(const PictureView& view);

}  // namespace fcn
