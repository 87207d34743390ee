#include "formats/torch_zip.h"

#include "fcn/error.h"
#include "touch_tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    fcn::TouchTensors(fcn::ParseTorchZip({data, size}, "fuzz").tensors);
  } catch (const fcn::Error&) {
  }
  return 0;
}
