#include "runtime/steps/make.h"

#include <variant>

namespace fcn {

std::unique_ptr<StepKernel> MakeStepKernel(const StepSite& site) {
  return std::visit([&](const auto& op) { return steps::Make(op, site); }, site.step.op);
}

}  // namespace fcn
