#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "graph/by_value.h"
#include "graph/tail.h"

namespace fcn {

/// An operation with what has been fused into it.
struct Step {
  std::string name;  ///< of the node that it began as
  Op op;
  std::vector<ValueId> inputs;
  ValueId output = kNoValue;
  Tail tail;
  /// The number of what an earlier step leaves for a later one, beside its output: a MaxPool for its gradient, which
  /// tap of each window was the largest. The two have the same; -1 for none.
  int note = -1;
  /// Steps that run as part of this one, some rows at a time: no whole map of what they write ever exists. The first
  /// reads the value of inputs[0], each other one reads what the one before writes, and the last one's output is what
  /// `op` has in place of inputs[0].
  std::vector<Step> before = {};
};

/// How many of its inputs, the first, a step reads the values of. A MaxPoolGradient with a note reads g alone.
int ActivationsRead(const Step& step);

/// A graph on its way to a program: the same values (ids and names are the graph's), fewer and larger steps. Passes
/// rewrite it; the graph itself never changes, so it prints, saves and differentiates as it was written.
struct Lowered {
  std::shared_ptr<const Graph> graph;
  std::vector<Step> steps;
  std::vector<ValueId> outputs;  ///< as the graph's, except where a pass found that an output equals another value
  /// Where they are known and weights do not change between runs: what passes that pay for some sizes only decide by.
  ByValue<Nhwc> shapes = {};
};

/// Which options of a tail the steps of an operation compute: a set of their kinds.
class TailSupport {
 public:
  template <typename... Kinds>
  static TailSupport Of() {
    TailSupport support;
    support.kinds_ = (0u | ... | (1u << Tail::PlaceOf<Kinds>()));
    return support;
  }
  /// The same, but of activations those alone that clamp.
  TailSupport OnlyClamps() const {
    TailSupport support = *this;
    support.only_clamps_ = true;
    return support;
  }

  template <typename T>
  bool Takes(const T& option) const {
    if constexpr (std::is_same_v<T, TailActivation>)
      if (only_clamps_ && !Clamps(option)) return false;
    return ((kinds_ >> Tail::PlaceOf<T>()) & 1) != 0;
  }

 private:
  unsigned kinds_ = 0;
  bool only_clamps_ = false;
};
TailSupport TailSupportOf(const Op& op);

/// Whether a pass may move an option behind a step: the step can compute it, and all that it has comes before it. Steps
/// in a chain have no other functions than clamps.
template <typename T>
bool CanTake(const Step& step, const T& option) {
  if constexpr (std::is_same_v<T, TailActivation>)
    if (!step.before.empty() && !Clamps(option)) return false;
  return TailSupportOf(step.op).Takes(option) && step.tail.TakesNext<T>();
}

/// One step per node, but for those that no output needs.
Lowered Lower(std::shared_ptr<const Graph> graph);

/// Throws Error(kInternal), with the step's name, unless every step reads only values that are inputs, parameters or
/// written before (a "like" need only be a value), writes an activation that no other step writes, and has only such a
/// tail as its operation supports, unless types are what the operations give, unless each note was left by the pooling
/// whose gradient takes it, unless steps that run as part of another are convolutions in a chain, and unless every
/// output is an input or written.
void Verify(const Lowered& lowered);

}  // namespace fcn
