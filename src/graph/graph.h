#pragma once

#include <string>
#include <vector>

#include "graph/ops.h"
#include "tensor/shape.h"

namespace fcn {

using ValueId = int;
inline constexpr ValueId kNoValue = -1;

enum class ValueKind { kInput, kParameter, kActivation };

/// Something that an operation reads or writes. Names are unique in a graph; parameters have torch's names.
struct Value {
  std::string name;
  ValueKind kind = ValueKind::kActivation;
  int channels = 0;       ///< of an input
  Shape parameter_shape;  ///< of a parameter, in torch's order (OIHW)
  bool operator==(const Value&) const = default;
};

struct Node {
  Op op;
  std::vector<ValueId> inputs;  ///< activations first, then parameters, in the order that the op states
  ValueId output = kNoValue;
  bool operator==(const Node&) const = default;
};

/// A network: values by id and operations in an order in which they can run. Sizes of images are no part of it.
class Graph {
 public:
  /// Each adds something and returns its id. Throw Error(kInput) for a name that is taken or empty, or an id that does
  /// not exist. A node's output value has the node's name.
  ValueId AddInput(std::string name, int channels);
  ValueId AddParameter(std::string name, Shape shape);
  ValueId AddNode(std::string name, Op op, std::vector<ValueId> inputs);
  /// Makes a value a result of the whole; the order of calls is the order of results.
  void AddOutput(ValueId value);

  const std::vector<Value>& values() const { return values_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<ValueId>& inputs() const { return inputs_; }
  const std::vector<ValueId>& outputs() const { return outputs_; }
  const Value& value(ValueId id) const { return values_[static_cast<size_t>(id)]; }
  /// kNoValue where there is none of that name.
  ValueId Find(const std::string& name) const;
  /// The ids of the parameters, in the order in which they were added.
  std::vector<ValueId> Parameters() const;

  bool operator==(const Graph&) const = default;

 private:
  ValueId Add(Value value);

  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<ValueId> inputs_, outputs_;
};

}  // namespace fcn
