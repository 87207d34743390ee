#pragma once

#include <optional>
#include <string>
#include <vector>

#include "caffe/network.h"
#include "caffe/wiring.h"

namespace fcn {

/// What a data layer says of one of its tops.
struct CaffeInput {
  int channels = 3;
  int height = 0, width = 0;  ///< 0: nobody says
};

/// The size of a data layer's top: as the layer says it (Input, DummyData, MemoryData; a crop_size), else of the
/// options, and its channels else as the first convolution that reads it has them among the weights, as the release's
/// data layers have them, or as many as it has mean values, else three. Throws Error(kInput) for sizes that are none.
CaffeInput CaffeInputOf(const CaffeNet& net, const CaffeWiring& wiring, CaffeTop top, const CaffeNetOptions& options);

/// How that top's pictures are prepared, as far as the data layer says it: transform_param, a Python layer's `mean`, or
/// the means that the release's data layers have; Caffe's own layers of pictures (Data, ImageData) give samples as they
/// are where they say no more. What nobody says is BGR less ImageNet's mean for three channels, as
/// Caffe's published classifiers have it, and samples from 0 to 1 for others; `note` says so then. A mean_file is not
/// read here: `mean_file` is its name.
struct CaffePreparation {
  Preprocessing preprocessing;
  std::string mean_file = {}, note = {};
};
CaffePreparation CaffePreparationOf(const CaffeNet& net, CaffeTop top, int channels);

}  // namespace fcn
