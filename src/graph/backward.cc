#include "graph/backward.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "fcn/error.h"
#include "graph/channels.h"

namespace fcn {
namespace {

// How many of its first activations and of its first parameters an operation has a gradient by.
struct Slots {
  int activations, parameters;
};

// By what it reads, as a rule: not by a "like".
template <typename T>
Slots SlotsOf(const T& op) {
  return {ActivationsRead(op), InputsOf(op).max_parameters};
}
Slots SlotsOf(const BatchNorm&) { return {1, 2}; }
Slots SlotsOf(const RandomDropout&) { return {1, 0}; }
// The gradient by x includes what comes through the moments.
Slots SlotsOf(const Normalise&) { return {1, 2}; }
Slots SlotsOf(const SoftmaxLoss&) { return {1, 0}; }
// What is multiplied with 0 depends on nothing.
Slots SlotsOf(const Scale& op) { return {op.factor == 0 ? 0 : 1, 0}; }

// Calls visit(i) for each input that the node has a gradient by.
template <typename Visit>
void VisitSlots(const Graph& graph, const Node& node, Visit visit) {
  const Slots slots = std::visit([](const auto& op) { return SlotsOf(op); }, node.op);
  int activations = 0, parameters = 0;
  for (ValueId id : node.inputs) {
    const bool is_parameter = graph.value(id).kind == ValueKind::kParameter;
    if (is_parameter ? parameters++ < slots.parameters : activations++ < slots.activations) visit(id);
  }
}

}  // namespace

Backward::Backward(const Graph& graph, std::span<const ValueId> losses, const std::function<bool(const Value&)>& wanted)
    : graph_(graph),
      channels_(InferChannels(graph)),
      writer_(graph),
      is_loss_(graph),
      needed_(graph),
      reached_(graph),
      outstanding_(graph),
      several_(graph),
      suffix_(graph),
      total_(graph) {
  for (const Node& node : graph.nodes()) writer_[node.output] = &node;
  FindNeeded(wanted);
  CountReaders(losses);
}

void Backward::FindNeeded(const std::function<bool(const Value&)>& wanted) {
  for (ValueId id : graph_.Parameters()) needed_[id] = wanted(graph_.value(id));
  for (const Node& node : graph_.nodes())
    VisitSlots(graph_, node, [&](ValueId id) {
      if (needed_[id]) needed_[node.output] = true;
    });
}

void Backward::CountReaders(std::span<const ValueId> losses) {
  for (const ValueId loss : losses) is_loss_[loss] = true, reached_[loss] = needed_[loss];
  for (auto node = graph_.nodes().rbegin(); node != graph_.nodes().rend(); node++) {
    if (!reached_[node->output]) continue;
    VisitSlots(graph_, *node, [&](ValueId id) {
      if (!needed_[id]) return;
      reached_[id] = true;
      several_[id] = ++outstanding_[id] > 1;
    });
  }
}

bool Backward::Enter(const Node& node) {
  node_ = node;
  if (!reached_[node.output]) return false;
  FCN_CHECK(outstanding_[node.output] == 0);
  return true;
}

bool Backward::Needs(size_t i) const { return i < node_.inputs.size() && needed_[in(i)]; }

void Backward::Give(size_t i, const Op& op, std::vector<ValueId> inputs) {
  if (!Needs(i)) return;
  const ValueId gradient = graph_.AddNode(FreeName(in(i), !several_[in(i)]), op, std::move(inputs));
  Accumulate(in(i), {.value = gradient});
}

void Backward::Pass(size_t i) {
  if (Needs(i)) Accumulate(in(i), {.value = g()});
}

ValueId Backward::Append(const char* suffix, const Op& op, std::vector<ValueId> inputs) {
  return graph_.AddNode(fmt::format("d.{}.{}", graph_.value(node_.output).name, suffix), op, std::move(inputs));
}

void Backward::GiveHalf(size_t i, ValueId value, int half) {
  if (!Needs(i)) return;
  const int64_t elements = graph_.value(in(i)).parameter_shape.elements();
  Accumulate(in(i), {.value = value, .offset = half * elements, .size = 2 * elements});
}

void Backward::Refuse(const char* why) const {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("layer {} ({}) cannot be trained through: {}", graph_.value(node_.output).name,
                          OpName(node_.op), why),
              "Train a network that fcn info lists, or write the layer in another way.");
}

std::string Backward::FreeName(ValueId value, bool is_total) {
  std::string name = "d." + graph_.value(value).name;
  if (is_total && graph_.Find(name) == kNoValue) return name;
  for (;;) {
    std::string numbered = fmt::format("{}+{}", name, ++suffix_[value]);
    if (graph_.Find(numbered) == kNoValue) return numbered;
  }
}

void Backward::Accumulate(ValueId value, const Part& part) {
  Part& total = total_[value];
  const bool is_last = --outstanding_[value] == 0;
  if (total.value == kNoValue) {
    total = part;
    return;
  }
  if (total.offset != part.offset || total.size != part.size)
    Refuse("it shares a parameter with a layer of another kind");
  ValueId& sum = sums_.try_emplace({total.value, part.value}, kNoValue).first->second;
  if (sum == kNoValue) sum = graph_.AddNode(FreeName(value, is_last), Add{}, {total.value, part.value});
  total.value = sum;
}

Differentiated Backward::Finish() {
  Differentiated result;
  ByValue<bool> is_output(graph_);
  for (ValueId parameter : graph_.Parameters()) {
    const Part& part = total_[parameter];
    if (part.value == kNoValue) continue;
    result.gradients.push_back({.parameter = parameter, .gradient = part.value, .offset = part.offset});
    if (!is_output[part.value]) graph_.AddOutput(part.value);
    is_output[part.value] = true;
  }
  result.graph = std::move(graph_);
  return result;
}

}  // namespace fcn
