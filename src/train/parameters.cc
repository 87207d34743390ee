#include "train/parameters.h"

#include "base/check.h"
#include "tensor/mapped_tensors.h"

namespace fcn {

Parameters::Parameters(const Graph& network, const NamedTensors& values) {
  for (const ValueId id : network.Parameters()) {
    const Value& parameter = network.value(id);
    const auto found = values.find(parameter.name);
    FCN_CHECK(found != values.end() && found->second.shape == parameter.parameter_shape);
    parameters_[parameter.name] = {parameter.parameter_shape, found->second.ToFloats()};
  }
  CheckUnchanged(values);
}

std::span<float> Parameters::at(const std::string& name) {
  const auto found = parameters_.find(name);
  FCN_CHECK(found != parameters_.end());
  return found->second.values;
}

std::span<const float> Parameters::at(const std::string& name) const {
  const auto found = parameters_.find(name);
  FCN_CHECK(found != parameters_.end());
  return found->second.values;
}

WeightSource Parameters::Source() const {
  return [this](const Value& parameter) { return ParameterData{at(parameter.name), nullptr}; };
}

NamedTensors Parameters::ToTensors() const {
  NamedTensors tensors;
  for (const auto& [name, parameter] : parameters_)
    tensors.emplace(name, StoredTensor::FromFloats(parameter.shape, parameter.values));
  return tensors;
}

}  // namespace fcn
