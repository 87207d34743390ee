#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "runtime/weight_source.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// The weights of a network while they are trained, running statistics of batch norms included: float32, each in
/// torch's order.
class Parameters {
 public:
  Parameters() = default;
  /// The graph's parameters out of `values`, which are converted to float32. Throws Error(kInternal) where one is
  /// missing.
  Parameters(const Graph& network, const NamedTensors& values);

  /// Throws Error(kInternal) for a name that does not exist.
  std::span<float> at(const std::string& name);
  std::span<const float> at(const std::string& name) const;
  /// The weights as they are when a program asks for them. Refers to these parameters, which must outlive it.
  WeightSource Source() const;
  /// Copies, as files hold them.
  NamedTensors ToTensors() const;

 private:
  struct Parameter {
    Shape shape;
    std::vector<float> values;
  };
  std::map<std::string, Parameter> parameters_;
};

}  // namespace fcn
