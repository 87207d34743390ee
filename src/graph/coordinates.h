#pragma once

#include "fcn/inspection.h"
#include "graph/by_value.h"
#include "tensor/geometry.h"

namespace fcn {

/// The map of every activation; inputs have the identity. `shapes` as InferShapes gives them (a Resize's scale
/// is a ratio of sizes). Add and Concat have the map of the input whose receptive field is smallest, which places it
/// most exactly, with a receptive field that covers them all: half-pixel Resizes of odd sizes and asymmetric padding
/// shift maps by fractions of a sample. Throws Error(kInput) that names the node where inputs lie so far apart that
/// the centre of one is outside the other's receptive field, and what CropOffsetOf throws.
ByValue<CoordinateMap> InferCoordinates(const Graph& graph, const ByValue<Nhwc>& shapes);

/// Where a Crop begins in x: the integer (top, left) that maps x's grid onto like's; negative where like begins before
/// x. Throws Error(kInput) where the grids' scales differ or the offset is no integer, saying both maps.
struct CropOffset {
  int top = 0, left = 0;
  bool operator==(const CropOffset&) const = default;
};
CropOffset CropOffsetOf(const CoordinateMap& x, const CoordinateMap& like);
/// The same of a Crop that may say it itself: its `at`.
CropOffset CropOffsetOf(Size2 at, const CoordinateMap& x, const CoordinateMap& like);

}  // namespace fcn
