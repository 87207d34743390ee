#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "graph/ops.h"
#include "graph/value_type.h"
#include "tensor/shape.h"

namespace fcn {

using ValueId = int;
inline constexpr ValueId kNoValue = -1;

enum class ValueKind { kInput, kParameter, kActivation };

/// Something that an operation reads or writes. Names are unique in a graph; parameters have torch's names.
struct Value {
  std::string name;
  ValueKind kind = ValueKind::kActivation;
  int channels = 0;            ///< of an input
  Shape parameter_shape = {};  ///< of a parameter, in torch's order (OIHW)
  ValueType type = {};         ///< of an activation it follows from the operation (types.h); parameters are float32
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
  /// Each adds something and returns its id. Names are printable ASCII without spaces and without ( ) , = so that the
  /// text form needs no escapes. Throw Error(kInput) for a name that is taken, empty or has other characters, or an id
  /// that does not exist.
  ///
  /// Throws also for fewer than one channel, and what CheckType(type) throws.
  ValueId AddInput(std::string name, int channels, const ValueType& type = {});
  /// Throws also for more than 8 dimensions, a dimension below 1 or more than 2⁴⁰ elements.
  ValueId AddParameter(std::string name, Shape shape);
  /// The node's output value has the node's name. Throws also for inputs of another number or kind than InputsOf(op)
  /// and whatever CheckAttributes(op) and OutputTypeOf (types.h) throw, so that a graph is well-formed at any time but
  /// for its shapes.
  ValueId AddNode(std::string name, Op op, std::vector<ValueId> inputs);
  /// Makes an input or an activation a result of the whole; the order of calls is the order of results. Throws
  /// Error(kInput) for a parameter.
  void AddOutput(ValueId value);
  /// Forgets the results, so that a variant of a network can name others.
  void ClearOutputs() { outputs_.clear(); }

  const std::vector<Value>& values() const { return values_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<ValueId>& inputs() const { return inputs_; }
  const std::vector<ValueId>& outputs() const { return outputs_; }
  const Value& value(ValueId id) const { return values_[static_cast<size_t>(id)]; }
  /// Ids are the numbers below.
  ValueId value_count() const { return static_cast<ValueId>(values_.size()); }
  /// kNoValue where there is none of that name.
  ValueId Find(const std::string& name) const;
  /// The ids of the parameters, in the order in which they were added.
  std::vector<ValueId> Parameters() const;

  bool operator==(const Graph&) const = default;

 private:
  ValueId Add(Value value);
  void CheckExists(ValueId id) const;
  void CheckInputs(const std::string& name, const Op& op, const std::vector<ValueId>& inputs) const;
  ValueType TypeOfNode(const std::string& name, const Op& op, const std::vector<ValueId>& inputs) const;

  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<ValueId> inputs_, outputs_;
  std::unordered_map<std::string, ValueId> by_name_;
};

}  // namespace fcn
