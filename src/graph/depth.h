#pragma once

#include "graph/coordinates.h"

namespace fcn {

/// Convolutions and fully connected layers on the longest path from an input to an output, as Table 1 of "Fully
/// convolutional networks" (Long, Shelhamer, Darrell 2015) counts them: transposed convolutions, which bring scores to
/// a finer grid, are not among them.
int WeightedLayers(const Graph& graph);

/// The coarsest of a network's maps: how far apart its pixels are in the image, and how many pixels of the image its
/// last layer sees, along the axis where that is more. Values of one pixel, which have no stride, are left out; where
/// the first output is such, its receptive field is the one.
struct CoarsestMap {
  double stride = 1, receptive_field = 1;
};
CoarsestMap CoarsestMapOf(const Graph& graph, const ByValue<CoordinateMap>& maps);

}  // namespace fcn
