#pragma once

// From a classifier to a dense predictor: fully connected layers are convolutions whose kernel covers the whole map,
// and coarse scores are upsampled by transposed convolutions that begin as bilinear interpolation (Long, Shelhamer and
// Darrell, "Fully convolutional networks for semantic segmentation", 2015).

#include "fcn/global_pooling.h"
#include "graph/coordinates.h"
#include "graph/graph.h"
#include "tensor/named_tensors.h"

namespace fcn {

struct ConvolutioniseOptions {
  GlobalPooling pooling = GlobalPooling::kLeftOut;
  bool resize_to_input = false;  ///< adds a Resize to the image's size, named "score"
};

/// The same network with every Linear as a Conv2d, so that it takes images of any size (at least nominal_input's) and
/// gives a map of scores. The kernel is the size of the map that the layer sees for an image of nominal_input's shape.
/// A GlobalAveragePool becomes an AveragePool of its map's size for that image and of stride 1, where all that reads it
/// is computed for one pixel alone up to the scores; one that only Linear reads is removed unless it is to slide, since
/// a 1×1 convolution and a mean may be exchanged. Others, such as a squeeze-and-excite's, stay. Parameters keep names
/// and bytes; Linear's become OIHW (see ReshapeWeights). Throws Error(kInput) where a Linear's map does not fit the
/// graph for that input.
Graph Convolutionise(const Graph& classifier, Nhwc nominal_input, const ConvolutioniseOptions& options = {});

/// The tensors that `graph` needs, out of `weights` of the same names and numbers of elements: those of another shape
/// are viewed in the graph's (outputs × flattened ↔ outputs × inputs × height × width; the bytes stay). Throws
/// Error(kInput) that names what is missing or cannot be viewed so.
NamedTensors ReshapeWeights(const Graph& graph, const NamedTensors& weights);

/// Whether a tensor of shape `from` can be viewed as `to` without moving a byte: the outputs and the number of elements
/// are equal, and one of them is flat.
bool IsReshapable(const Shape& from, const Shape& to);

/// How a transposed convolution brings coarse scores to a finer grid.
struct Upsampling {
  int stride = 1, kernel = 1;
};

/// The stride is the ratio of the grids' scales, f; the kernel is 2f or 2f − 1, whichever makes the crop that follows
/// an integer. Throws Error(kInput) where the ratio is no integer, or neither kernel does, or the axes differ.
Upsampling UpsamplingBetween(const CoordinateMap& coarse, const CoordinateMap& fine);

/// The weight of a transposed convolution that interpolates each of `channels` bilinearly: channels × channels × kernel
/// × kernel (IOHW), zero between different channels.
StoredTensor BilinearWeights(int channels, int kernel);

}  // namespace fcn
