#include "runtime/steps/parameters.h"

#include <fmt/format.h>

#include "fcn/error.h"
#include "kernels/elementwise/elementwise.h"

namespace fcn::steps {

ParameterData LoadParameter(const Value& parameter, const WeightSource& source) {
  ParameterData data = source(parameter);
  const int64_t wanted = parameter.parameter_shape.elements();
  if (static_cast<int64_t>(data.values.size()) != wanted)
    throw Error(ErrorCode::kInput,
                fmt::format("parameter {} has {} values; the network needs {} ({})", parameter.name, data.values.size(),
                            wanted, parameter.parameter_shape.ToString()),
                "These weights belong to another network: check --model.");
  return data;
}

ChannelAffine BatchNormAffine(const std::vector<Value>& parameters, float epsilon, const WeightSource& source) {
  const ParameterData weight = LoadParameter(parameters[0], source), bias = LoadParameter(parameters[1], source),
                      mean = LoadParameter(parameters[2], source), variance = LoadParameter(parameters[3], source);
  for (size_t i = 0; i < variance.values.size(); i++)
    if (!(double{variance.values[i]} + double{epsilon} > 0))
      throw Error(
          ErrorCode::kInput,
          fmt::format("parameter {}: variance {} of channel {} is not possible", parameters[3].name, variance.values[i],
                      i),
          "The weights are damaged, or their training went astray: take another copy or an earlier checkpoint.");
  ChannelAffine affine{std::vector<float>(weight.values.size()), std::vector<float>(weight.values.size())};
  elementwise::FoldBatchNorm(static_cast<int64_t>(weight.values.size()), weight.values.data(), bias.values.data(),
                             mean.values.data(), variance.values.data(), double{epsilon}, affine.scale.data(),
                             affine.shift.data());
  return affine;
}

Slopes::Slopes(const TailActivation& activation, const StepSite& site) : slope_(activation.slope) {
  if (activation == Activation::kLeakyRelu) channels_ = site.shapes[site.step.output].c;
  if (activation.slopes != kNoValue) parameter_.push_back(site.graph.value(activation.slopes));
}

std::vector<float> Slopes::Load(const WeightSource& source) const {
  if (parameter_.empty()) return std::vector<float>(static_cast<size_t>(channels_), slope_);
  const ParameterData data = LoadParameter(parameter_[0], source);
  return {data.values.begin(), data.values.end()};
}

SumParameters SumParameters::Of(const StepSite& site) {
  SumParameters parameters;
  const auto& inputs = site.step.inputs;
  parameters.weight = site.graph.value(inputs[1]);
  if (inputs.size() > 2) parameters.bias.push_back(site.graph.value(inputs[2]));
  if (const auto& norm = site.step.tail.Get<TailBatchNorm>()) {
    for (ValueId id : norm->parameters) parameters.batch_norm.push_back(site.graph.value(id));
    parameters.epsilon = norm->epsilon;
  }
  parameters.slopes = Slopes(ActivationOf(site.step.tail), site);
  parameters.outputs = static_cast<int>(site.output().c);
  return parameters;
}

int64_t SumParameters::raw_bytes() const { return FloatBytes(weight.parameter_shape.elements()); }

SumParameters::Loaded SumParameters::Load(const WeightSource& source) const {
  Loaded loaded{LoadParameter(weight, source), {}, {}, slopes.Load(source)};
  if (!bias.empty()) {
    const ParameterData data = LoadParameter(bias[0], source);
    loaded.bias.assign(data.values.begin(), data.values.end());
  }
  if (!batch_norm.empty()) {
    ChannelAffine affine = BatchNormAffine(batch_norm, epsilon, source);
    for (size_t i = 0; i < loaded.bias.size(); i++)
      affine.shift[i] = static_cast<float>(double{loaded.bias[i]} * affine.scale[i] + affine.shift[i]);
    loaded.scale = std::move(affine.scale);
    loaded.bias = std::move(affine.shift);
  }
  return loaded;
}

Epilogue EpilogueOf(const PackedLayer& packed, TensorView<const float> residual, Activation activation) {
  return {.bias = packed.bias.empty() ? nullptr : packed.bias.data(),
          .residual = residual,
          .activation = activation,
          .slopes = packed.slopes.empty() ? nullptr : packed.slopes.data()};
}

}  // namespace fcn::steps
