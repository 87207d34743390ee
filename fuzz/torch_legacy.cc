#include "formats/torch_legacy.h"

#include "fcn/error.h"
#include "touch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    fcn::TouchTensors(fcn::ParseTorchLegacy({}, {data, size}, "fuzz").tensors);
  } catch (const fcn::Error&) {
  }
  return 0;
}
