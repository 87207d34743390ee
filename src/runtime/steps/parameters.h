#pragma once

#include <string>
#include <vector>

#include "runtime/steps/step_kernel.h"

namespace fcn::steps {

/// What a batch norm does to a channel, as one multiplication and one addition: x · scale + shift.
struct ChannelAffine {
  std::vector<float> scale, shift;
};

/// scale = weight / √(variance + epsilon), shift = bias − mean · scale, computed in double. `parameters` are weight,
/// bias, mean and variance. Throws Error(kInput) naming the parameter where variance + epsilon is not positive.
ChannelAffine BatchNormAffine(const std::vector<Value>& parameters, float epsilon, const WeightSource& source);

/// The parameters that a sum of products is packed from.
struct SumParameters {
  Value weight;
  std::vector<Value> bias;        ///< one or none
  std::vector<Value> batch_norm;  ///< four or none
  float epsilon = 0;
  int outputs = 0;

  /// Of a step whose inputs are x, weight, [bias].
  static SumParameters Of(const StepSite& site);
  int64_t raw_bytes() const;
  /// Whether the packed layer has a bias: the op's own or the batch norm's shift.
  bool has_bias() const { return !bias.empty() || !batch_norm.empty(); }

  struct Loaded {
    ParameterData weight;
    std::vector<float> scale;  ///< to fold into the weights, per output; empty for none
    std::vector<float> bias;   ///< of the folded whole; empty for none
  };
  Loaded Load(const WeightSource& source) const;
};

/// Asks the source and holds it to the parameter's shape. Throws Error(kInput) that names the parameter and both
/// counts.
ParameterData LoadParameter(const Value& parameter, const WeightSource& source);

}  // namespace fcn::steps
