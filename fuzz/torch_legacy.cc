#include "formats/torch_legacy.h"

#include "target.h"
#include "touch_tensors.h"

FUZZ_TARGET(torch_legacy) {
  fcn::fuzz::Accepts([&] { fcn::TouchTensors(fcn::ParseTorchLegacy({}, {data, size}, "fuzz").tensors); });
  return 0;
}
