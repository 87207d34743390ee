#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "runtime/steps/parameters.h"
#include "runtime/steps/step_kernel.h"

namespace fcn::steps {

/// For StepKernel::in_place().
inline constexpr int kNotInPlace = 0, kInPlace = 1, kInPlaceOfEither = 2;

/// A name and a function of (args, context). Parameters are vectors of floats that the function reads as they are: its
/// packed weights are these, one after the other; with the slopes of a leaky ReLU, or none.
template <typename Function>
class FunctionStep final : public StepKernel {
 public:
  FunctionStep(std::string name, int in_place, int64_t scratch_bytes, Function run, std::vector<Value> parameters,
               Slopes slopes)
      : name_(std::move(name)),
        in_place_(in_place),
        scratch_bytes_(scratch_bytes),
        run_(std::move(run)),
        parameters_(std::move(parameters)),
        slopes_(std::move(slopes)) {}

  std::string name() const override { return name_; }
  int in_place() const override { return in_place_; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t packed_bytes() const override { return FloatBytes(ParameterFloats() + slopes_.floats()); }
  void Pack(const WeightSource& source, const Context&, PackedLayer& packed) const override {
    float* to = packed.Reserve<float>(ParameterFloats());
    for (const Value& parameter : parameters_) {
      const ParameterData data = LoadParameter(parameter, source);
      to = std::copy(data.values.begin(), data.values.end(), to);
    }
    packed.bias.clear();
    packed.slopes = slopes_.Load(source);
  }
  void Run(const StepArgs& args, const Context& context) const override { run_(args, context); }

 private:
  int64_t ParameterFloats() const {
    int64_t floats = 0;
    for (const Value& parameter : parameters_) floats += parameter.parameter_shape.elements();
    return floats;
  }

  std::string name_;
  int in_place_;
  int64_t scratch_bytes_;
  Function run_;
  std::vector<Value> parameters_;
  Slopes slopes_;
};

/// Those of a function step, or none.
inline const float* SlopesOf(const StepArgs& args) {
  return args.packed == nullptr || args.packed->slopes.empty() ? nullptr : args.packed->slopes.data();
}

template <typename Function>
std::unique_ptr<StepKernel> MakeFunctionStep(std::string name, int in_place, int64_t scratch_bytes, Function run,
                                             std::vector<Value> parameters = {}, Slopes slopes = {}) {
  return std::make_unique<FunctionStep<Function>>(std::move(name), in_place, scratch_bytes, std::move(run),
                                                  std::move(parameters), std::move(slopes));
}

}  // namespace fcn::steps
