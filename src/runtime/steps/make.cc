#include "runtime/steps/make.h"

#include <variant>

namespace fcn {

float* PackedLayer::Reserve(int64_t floats) {
  if (floats > capacity_) {
    memory_.reset();  // first, so that old and new never exist at once
    capacity_ = 0;
    memory_ = AllocateAligned<float>(static_cast<size_t>(floats));
    capacity_ = floats;
  }
  weight_floats_ = floats;
  return memory_.get();
}

std::unique_ptr<StepKernel> MakeStepKernel(const StepSite& site) {
  return std::visit([&](const auto& op) { return steps::Make(op, site); }, site.step.op);
}

}  // namespace fcn
