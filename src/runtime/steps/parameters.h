#pragma once

#include <string>
#include <vector>

#include "kernels/simd/epilogue.h"
#include "runtime/steps/step_kernel.h"

namespace fcn::steps {

/// What a batch norm does to a channel, as one multiplication and one addition: x · scale + shift.
struct ChannelAffine {
  std::vector<float> scale, shift;
};

/// scale = weight / √(variance + epsilon), shift = bias − mean · scale, computed in double. `parameters` are weight,
/// bias, mean and variance. Throws Error(kInput) naming the parameter where variance + epsilon is not positive.
ChannelAffine BatchNormAffine(const std::vector<Value>& parameters, float epsilon, const WeightSource& source);

/// The slopes of a leaky ReLU, one per channel: a parameter's or all alike; none of other activations.
class Slopes {
 public:
  Slopes() = default;
  Slopes(const TailActivation& activation, const StepSite& site);
  int64_t floats() const { return channels_; }
  std::vector<float> Load(const WeightSource& source) const;

 private:
  int64_t channels_ = 0;
  float slope_ = 0;
  std::vector<Value> parameter_;  // one or none
};

/// The parameters that a sum of products is packed from.
struct SumParameters {
  Value weight;
  std::vector<Value> bias;        ///< one or none
  std::vector<Value> batch_norm;  ///< four or none
  float epsilon = 0;
  Slopes slopes;
  int outputs = 0;

  /// Of a step whose inputs are x, weight, [bias].
  static SumParameters Of(const StepSite& site);
  int64_t raw_bytes() const;
  /// Floats of what the packed layer has for each channel, beside its weights.
  int64_t channel_floats() const { return (has_bias() ? outputs : 0) + slopes.floats(); }
  /// Whether the packed layer has a bias: the op's own or the batch norm's shift.
  bool has_bias() const { return !bias.empty() || !batch_norm.empty(); }

  struct Loaded {
    ParameterData weight;
    std::vector<float> scale;  ///< to fold into the weights, per output; empty for none
    std::vector<float> bias;   ///< of the folded whole; empty for none
    std::vector<float> slopes;
  };
  Loaded Load(const WeightSource& source) const;
};

/// What a kernel of such sums does to them before they are stored.
Epilogue EpilogueOf(const PackedLayer& packed, TensorView<const float> residual, Activation activation);

/// Asks the source and holds it to the parameter's shape. Throws Error(kInput) that names the parameter and both
/// counts.
ParameterData LoadParameter(const Value& parameter, const WeightSource& source);

}  // namespace fcn::steps
