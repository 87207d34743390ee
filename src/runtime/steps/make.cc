#include "runtime/steps/make.h"

#include <variant>

namespace fcn {

uint8_t* PackedLayer::ReserveBytes(int64_t bytes) {
  if (bytes > capacity_) {
    memory_.reset();  // first, so that old and new never exist at once
    capacity_ = 0;
    memory_ = AllocateAligned<uint8_t>(static_cast<size_t>(bytes));
    capacity_ = bytes;
  }
  weight_bytes_ = bytes;
  return memory_.get();
}

std::unique_ptr<StepKernel> MakeStepKernel(const StepSite& site) {
  return std::visit([&](const auto& op) { return steps::Make(op, site); }, site.step.op);
}

}  // namespace fcn
