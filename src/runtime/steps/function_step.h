#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "runtime/steps/parameters.h"
#include "runtime/steps/step_kernel.h"

namespace fcn::steps {

/// A name and a function of (args, context). Parameters are vectors that the function reads as they are: its packed
/// weights are these, one after the other.
template <typename Function>
class FunctionStep final : public StepKernel {
 public:
  FunctionStep(std::string name, int in_place, int64_t scratch_floats, Function run, std::vector<Value> parameters)
      : name_(std::move(name)),
        in_place_(in_place),
        scratch_floats_(scratch_floats),
        run_(std::move(run)),
        parameters_(std::move(parameters)) {}

  std::string name() const override { return name_; }
  int in_place() const override { return in_place_; }
  int64_t scratch_floats() const override { return scratch_floats_; }
  int64_t packed_floats() const override {
    int64_t floats = 0;
    for (const Value& parameter : parameters_) floats += parameter.parameter_shape.elements();
    return floats;
  }
  void Pack(const WeightSource& source, const Context&, PackedLayer& packed) const override {
    float* to = packed.Reserve(packed_floats());
    for (const Value& parameter : parameters_) {
      const ParameterData data = LoadParameter(parameter, source);
      to = std::copy(data.values.begin(), data.values.end(), to);
    }
    packed.bias.clear();
  }
  void Run(const StepArgs& args, const Context& context) const override { run_(args, context); }

 private:
  std::string name_;
  int in_place_;
  int64_t scratch_floats_;
  Function run_;
  std::vector<Value> parameters_;
};

template <typename Function>
std::unique_ptr<StepKernel> MakeFunctionStep(std::string name, int in_place, int64_t scratch_floats, Function run,
                                             std::vector<Value> parameters = {}) {
  return std::make_unique<FunctionStep<Function>>(std::move(name), in_place, scratch_floats, std::move(run),
                                                  std::move(parameters));
}

/// The same memory as labels: an Argmax writes int32 where other steps write floats.
inline TensorView<int32_t> AsLabels(TensorView<float> view) {
  return {reinterpret_cast<int32_t*>(view.data), view.shape, view.pixel_stride};
}
inline TensorView<const int32_t> AsLabels(TensorView<const float> view) {
  return {reinterpret_cast<const int32_t*>(view.data), view.shape, view.pixel_stride};
}

}  // namespace fcn::steps
