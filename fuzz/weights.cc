#include "formats/weights.h"

#include "target.h"
#include "touch_tensors.h"

/// Any bytes as a file of weights, told by its content; what is none is recognised, or is called by no name.
FUZZ_TARGET(weights) {
  using namespace fcn;
  const auto owner = std::make_shared<const std::vector<uint8_t>>(data, data + size);
  fuzz::Accepts([&] { TouchTensors(ParseWeights(owner, {owner->data(), size}, "fuzz").tensors); });
  return 0;
}
