#pragma once

// The bookkeeping of differentiate.cc: which gradients are needed, what they are called, how they are added.

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "graph/by_value.h"
#include "graph/differentiate.h"

namespace fcn {

/// Appends the gradients of one node after another, from the last to the first. The rule of the node at hand asks for
/// its values and gives gradients by its inputs; what nobody needs is not appended.
class Backward {
 public:
  /// The graph is copied, and must stay as it is.
  Backward(const Graph& graph, std::span<const ValueId> losses, const std::function<bool(const Value&)>& wanted);

  /// Makes a node the one at hand. False where no gradient passes through it.
  bool Enter(const Node& node);

  ValueId g() const { return total_[node_.output].value; }
  ValueId y() const { return node_.output; }
  ValueId in(size_t i) const { return node_.inputs[i]; }
  size_t inputs() const { return node_.inputs.size(); }
  int64_t ChannelsOf(ValueId id) const { return channels_[id]; }
  bool IsLoss() const { return is_loss_[node_.output]; }
  /// The node that writes a value; null for inputs and parameters.
  const Node* WriterOf(ValueId id) const { return writer_[id]; }

  /// Whether the gradient by the node's i-th input is needed; false also where there is no such input.
  bool Needs(size_t i) const;
  /// The gradient by the i-th input is a new node.
  void Give(size_t i, const Op& op, std::vector<ValueId> inputs);
  /// The gradient by the i-th input is g.
  void Pass(size_t i);
  /// A new node that gives more than one gradient, called "d.NAME.SUFFIX".
  ValueId Append(const char* suffix, const Op& op, std::vector<ValueId> inputs);
  /// The gradient by the parameter at input i is the first (0) or second (1) half of a value.
  void GiveHalf(size_t i, ValueId value, int half);
  /// Throws Error(kUnsupported) that names the node.
  [[noreturn]] void Refuse(const char* why) const;

  /// Names the gradients of parameters as outputs.
  Differentiated Finish();

 private:
  // Gradients of a parameter may be a part of a value.
  struct Part {
    ValueId value = kNoValue;
    int64_t offset = 0,
            size = 0;  // floats, of the part's beginning and of the whole value; 0 for a value that is whole
  };

  void FindNeeded(const std::function<bool(const Value&)>& wanted);
  void CountReaders(std::span<const ValueId> losses);
  std::string FreeName(ValueId value, bool is_total);
  void Accumulate(ValueId value, const Part& part);

  Graph graph_;
  ByValue<int64_t> channels_;
  ByValue<const Node*> writer_;  // of the graph that was given
  ByValue<bool> is_loss_;
  ByValue<bool> needed_;                                 // values that lead to a wanted parameter, and these
  ByValue<bool> reached_;                                // of these, the ones that a loss depends on
  ByValue<int> outstanding_;                             // gradients that will still come, of a value
  ByValue<bool> several_;                                // whether more than one comes
  ByValue<int> suffix_;                                  // the last one used for gradients by a value
  ByValue<Part> total_;                                  // the sum of those that have come
  std::map<std::pair<ValueId, ValueId>, ValueId> sums_;  // of halves of one value there is one sum
  Node node_;
};

}  // namespace fcn
