#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace fcn {

/// One axis of a value's map to the input image: index i of the value has its centre at scale · i + offset in pixels of
/// the image, and depends on receptive_field pixels around it at most. As in Caffe's coord_map (Shelhamer, Donahue,
/// Long), but kept as the map to the input, which composes without inversion.
struct AxisMap {
  double scale = 1, offset = 0, receptive_field = 1;
  bool operator==(const AxisMap&) const = default;
};

struct CoordinateMap {
  AxisMap y, x;
  bool operator==(const CoordinateMap&) const = default;
};

/// The map of every activation, by id, relative to the first input. `shapes` as InferShapes gives them (a Resize's
/// scale is a ratio of sizes). Throws Error(kInput) where two inputs of a node do not lie on one grid.
std::vector<CoordinateMap> InferCoordinates(const Graph& graph, std::span<const Nhwc> shapes);

/// Where a Crop begins in x: the integer (top, left) that maps x's grid onto like's. Throws Error(kInput) where the
/// grids' scales differ or the offset is no integer, saying both maps.
struct CropOffset {
  int top = 0, left = 0;
};
CropOffset CropOffsetOf(const CoordinateMap& x, const CoordinateMap& like);

}  // namespace fcn
