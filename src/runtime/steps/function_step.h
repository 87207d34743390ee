#pragma once

#include <string>
#include <utility>

#include "runtime/steps/step_kernel.h"

namespace fcn::steps {

/// A step without parameters: a name and a function of (args, context).
template <typename Function>
class FunctionStep final : public StepKernel {
 public:
  FunctionStep(std::string name, bool in_place, int64_t scratch_floats, Function run)
      : name_(std::move(name)), in_place_(in_place), scratch_floats_(scratch_floats), run_(std::move(run)) {}

  std::string name() const override { return name_; }
  bool in_place() const override { return in_place_; }
  int64_t scratch_floats() const override { return scratch_floats_; }
  void Run(const StepArgs& args, const Context& context) const override { run_(args, context); }

 private:
  std::string name_;
  bool in_place_;
  int64_t scratch_floats_;
  Function run_;
};

template <typename Function>
std::unique_ptr<StepKernel> MakeFunctionStep(std::string name, bool in_place, int64_t scratch_floats, Function run) {
  return std::make_unique<FunctionStep<Function>>(std::move(name), in_place, scratch_floats, std::move(run));
}

/// The same memory as labels: an Argmax writes int32 where other steps write floats.
inline TensorView<int32_t> AsLabels(TensorView<float> view) {
  return {reinterpret_cast<int32_t*>(view.data), view.shape, view.pixel_stride};
}

}  // namespace fcn::steps
