#include <cmath>
#include <vector>

#include "formats/caffe/mean.h"
#include "formats/caffe/model.h"
#include "touch_tensors.h"

/// Any bytes as a network of Caffe's with its weights, and as a mean image.
FUZZ_TARGET(caffe_model) {
  using namespace fcn;
  const auto owner = std::make_shared<const std::vector<uint8_t>>(data, data + size);
  fuzz::Accepts([&] {
    const CaffeNet net = ParseCaffeModel(owner, *owner, "fuzz");
    size_t bytes = 0;
    for (const CaffeLayer& layer : net.layers)
      for (const StoredTensor& blob : layer.blobs) bytes += blob.bytes.size();
    fuzz::Require(bytes <= size, "weights are no more than their file");
    std::vector<std::string> notes;
    TouchTensors(CaffeTensors(net, notes));
  });
  fuzz::Accepts([&] {
    const CaffeMean mean = ParseCaffeMean(*owner, "fuzz");
    for (const double value : mean.ChannelMeans())
      fuzz::Require(std::isfinite(value), "the mean of numbers is a number");
  });
  return 0;
}
