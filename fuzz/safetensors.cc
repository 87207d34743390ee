#include "formats/safetensors.h"

#include "safetensors_mutator.h"
#include "touch_tensors.h"

FUZZ_TARGET(safetensors) {
  fcn::fuzz::Accepts([&] { fcn::TouchTensors(fcn::ParseSafetensors({}, {data, size}, "fuzz").tensors); });
  return 0;
}
