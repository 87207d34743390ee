#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fcn/export.h"

namespace fcn {

/// One axis of a value's map to the input image: index i of the value has its centre at scale · i + offset in pixels of
/// the image, and depends at most on pixels within receptive_field / 2 of there. As in Caffe's coord_map (Shelhamer,
/// Donahue, Long), but kept as the map to the input, which composes without inversion.
struct FCN_API AxisMap {
  double scale = 1, offset = 0, receptive_field = 1;
  bool operator==(const AxisMap&) const = default;
};

struct FCN_API CoordinateMap {
  AxisMap y, x;
  bool operator==(const CoordinateMap&) const = default;
};

/// Where the bytes of a program go.
struct FCN_API MemoryForecast {
  int64_t packed_weights = 0;  ///< of this program alone; programs of other shapes share most of them
  int64_t arena = 0;           ///< activations and scratch of one request
  int64_t inputs = 0, outputs = 0;
  int64_t rims = 0;  ///< of an image window, kept with the program
  int64_t packing =
      0;  ///< the most that exists at once while weights are packed: packed so far, and a layer's raw ones

  /// Bytes of one program with one request, at its largest moment.
  int64_t peak() const;
};

/// Bytes that a step of training by SGD with momentum needs, where each parameter is updated as soon as it can be.
struct FCN_API TrainingForecast {
  int64_t weights = 0, momentum = 0;
  int64_t step = 0;  ///< activations, gradients and scratch
  int64_t peak() const { return weights + momentum + step; }
};

/// An operation of a network, and what it computes.
struct FCN_API Layer {
  std::string name;                ///< of its output
  std::string operation;           ///< "Conv2d"
  std::array<int64_t, 4> shape{};  ///< of its output: pictures × height × width × channels
  std::string type;                ///< of its elements: "float32"
  int64_t parameters = 0;          ///< numbers that it reads
  int64_t multiply_adds = 0;       ///< computed directly
  CoordinateMap place;             ///< in the picture
};

/// What a head of a network gives.
struct FCN_API InspectedHead {
  std::string name;     ///< empty where it is the only one, without a name
  CoordinateMap place;  ///< of its scores in the picture: how far they are apart, what each sees
};

/// What a network does at a size, and what that costs.
struct FCN_API Inspection {
  int64_t width = 0, height = 0;  ///< of the pictures
  std::vector<Layer> layers;      ///< in the order in which they are computed
  std::vector<InspectedHead> heads;
  int64_t parameters = 0;
  int64_t upsampling_parameters = 0;  ///< of these, those of transposed convolutions
  double multiply_adds = 0;
  /// Convolutions and fully connected layers on the longest path from an input to an output; transposed convolutions,
  /// which bring scores to a finer grid, are not among them.
  int weighted_layers = 0;
  double largest_stride = 1;   ///< how far apart the pixels of its coarsest map are in the picture
  double receptive_field = 1;  ///< pixels of the picture that one of that map, or of a row of scores, sees
  MemoryForecast memory;
  std::optional<TrainingForecast> training;  ///< where it was asked for
};

}  // namespace fcn
