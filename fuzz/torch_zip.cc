#include "formats/torch_zip.h"

#include "target.h"
#include "touch_tensors.h"

FUZZ_TARGET(torch_zip) {
  fcn::fuzz::Accepts([&] { fcn::TouchTensors(fcn::ParseTorchZip({data, size}, "fuzz").tensors); });
  return 0;
}
