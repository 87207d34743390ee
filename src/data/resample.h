#pragma once

#include <cstdint>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/per_band.h"

/// Resizing and cropping in one go: only what a crop shows is computed.
namespace fcn {

/// A rectangle of a crop.
struct Window {
  int left = 0, top = 0, width = 0, height = 0;
};

/// Where the pixels of a crop's row or column come from.
struct Axis {
  int size = 0;                  ///< of the crop
  int begin = 0, end = 0;        ///< the part of it that shows the picture; the rest is padding
  int taps = 0;                  ///< source pixels that each one of [begin, end) mixes
  std::vector<int> first;        ///< by place − begin: the first of them
  std::vector<int16_t> weights;  ///< by (place − begin) · taps + tap: their shares of kUnit
  std::vector<int> nearest;      ///< by place − begin: the source pixel whose label it takes

  static constexpr int kBits = 14, kUnit = 1 << kBits;
  int count() const { return end - begin; }
};

/// `source` pixels resized to `resized`, of which a crop shows [place, place + crop); place may be negative. Half-pixel
/// centres; the triangle is widened by the factor where the picture shrinks. With `flip` the crop is mirrored.
Axis MakeAxis(int source, int resized, int place, int crop, bool flip);

/// `padding` is a sample for each band, cut to what its type can hold; integers are rounded.
Raster ResampleRaster(const Raster& raster, const Axis& columns, const Axis& rows, const PerBand& padding);
/// Nearest labels, and kIgnoredLabel as padding.
LabelMap ResampleLabels(const LabelMap& labels, const Axis& columns, const Axis& rows);

}  // namespace fcn
