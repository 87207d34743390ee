#pragma once

#include <memory>

#include "runtime/steps/step_kernel.h"

// One overload per operation: an operation without a kernel does not compile.
namespace fcn::steps {

using Made = std::unique_ptr<StepKernel>;

Made Make(const Conv2d& op, const StepSite& site);
Made Make(const Linear& op, const StepSite& site);
Made Make(const Deconv2d& op, const StepSite& site);
Made Make(const MaxPool& op, const StepSite& site);
Made Make(const AveragePool& op, const StepSite& site);
Made Make(const GlobalAveragePool& op, const StepSite& site);
Made Make(const Relu& op, const StepSite& site);
Made Make(const Relu6& op, const StepSite& site);
Made Make(const BatchNorm& op, const StepSite& site);
Made Make(const Add& op, const StepSite& site);
Made Make(const Scale& op, const StepSite& site);
Made Make(const Concat& op, const StepSite& site);
Made Make(const Crop& op, const StepSite& site);
Made Make(const Resize& op, const StepSite& site);
Made Make(const Softmax& op, const StepSite& site);
Made Make(const Argmax& op, const StepSite& site);
Made Make(const Dropout& op, const StepSite& site);

}  // namespace fcn::steps
