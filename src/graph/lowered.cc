#include "graph/lowered.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/remedies.h"
#include "fcn/error.h"
#include "graph/step_reads.h"
#include "graph/types.h"

namespace fcn {
namespace {

template <typename T>
TailSupport Supports(const T&) {
  return {};
}
TailSupport Supports(const Conv2d&) {
  return {.batch_norm = true, .residual = true, .activation = true, .function = true, .max_pool = true};
}
TailSupport Supports(const Deconv2d&) {
  return {.residual = true, .activation = true, .argmax = true, .crop = true, .loss = true};
}
TailSupport Supports(const Linear&) { return {.batch_norm = true, .activation = true, .function = true}; }
TailSupport Supports(const MaxPool&) { return {.positive_only = true}; }
TailSupport Supports(const BatchNorm&) { return {.activation = true, .function = true}; }
TailSupport Supports(const Add&) { return {.activation = true, .function = true}; }
TailSupport Supports(const Multiply&) { return {.activation = true, .function = true}; }
TailSupport Supports(const Resize&) { return {.argmax = true, .loss = true}; }
TailSupport Supports(const Normalise&) { return {.activation = true}; }
TailSupport Supports(const NormaliseSums&) { return {.mask = true}; }
TailSupport Supports(const NormaliseGradient&) { return {.mask = true}; }
TailSupport Supports(const ConvDataGradient&) { return {.residual = true}; }

class Verifier {
 public:
  explicit Verifier(const Lowered& lowered) : graph_(*lowered.graph), ready_(graph_) {
    for (ValueId id = 0; id < graph_.value_count(); id++) ready_[id] = graph_.value(id).kind != ValueKind::kActivation;
  }

  void Check(const Step& step) {
    CheckReads(step);
    CheckBefore(step);
    CheckTail(step);
    CheckNote(step);
    CheckWrites(step, step.output);
    CheckType(step);
    if (step.tail.loss) CheckWrites(step, step.tail.loss->loss);
  }

  void CheckOutput(ValueId id) const {
    if (!IsReady(id) || graph_.value(id).kind == ValueKind::kParameter)
      throw Error(ErrorCode::kInternal, fmt::format("no step writes the output {}", Describe(id)), kReportBug);
  }

 private:
  void CheckWrites(const Step& step, ValueId value) {
    if (!Exists(value) || graph_.value(value).kind != ValueKind::kActivation)
      Fail(step, fmt::format("writes value {}, which is no activation", value));
    if (ready_[value]) Fail(step, fmt::format("writes {} a second time", graph_.value(value).name));
    ready_[value] = true;
  }

  [[noreturn]] static void Fail(const Step& step, const std::string& what) {
    throw Error(ErrorCode::kInternal, fmt::format("step {} ({}) {}", step.name, OpName(step.op), what), kReportBug);
  }

  bool Exists(ValueId id) const { return id >= 0 && id < graph_.value_count(); }
  bool IsReady(ValueId id) const { return Exists(id) && ready_[id]; }
  std::string Describe(ValueId id) const {
    return Exists(id) ? graph_.value(id).name : fmt::format("value {}, which does not exist", id);
  }

  // Of a "like" only shape and place matter: it need not be written. What steps inside read CheckBefore tells.
  void CheckReads(const Step& step) const {
    ForEachRead(step, [&](ValueId id, ReadOf kind) {
      if (kind == ReadOf::kInside || (kind == ReadOf::kLike && Exists(id))) return;
      if (!IsReady(id)) Fail(step, fmt::format("reads {} before it is written", Describe(id)));
    });
  }

  void CheckTail(const Step& step) const {
    const FusedTail& tail = step.tail;
    const TailSupport supports = TailSupportOf(step.op);
    for (ValueId id : tail.batch_norm)
      if (graph_.value(id).kind != ValueKind::kParameter) Fail(step, "has a batch norm of activations");
    if (!tail.batch_norm.empty() && tail.batch_norm.size() != 4)
      Fail(step, fmt::format("has a batch norm of {} parameters", tail.batch_norm.size()));
    if (tail.crop && (!Exists(tail.crop->whole) || !Exists(tail.crop->like)))
      Fail(step, "is cropped like a value that does not exist");
    if ((!tail.batch_norm.empty() && !supports.batch_norm) || (tail.residual != kNoValue && !supports.residual) ||
        !supports.Takes(tail.activation) || (!Clamps(tail.activation) && tail.max_pool) ||
        (tail.max_pool && !supports.max_pool) || (tail.argmax && !supports.argmax) ||
        (tail.mask != Activation::kNone && !supports.mask) || (tail.crop && !supports.crop) ||
        (tail.loss && (!supports.loss || tail.argmax)) || (tail.positive_only && !supports.positive_only))
      Fail(step, "has a tail that it cannot compute");
  }

  // What is fused into a step computes with floats, but for labels at the end.
  void CheckType(const Step& step) const {
    std::vector<const Value*> activations;
    ForEachRead(step, [&](ValueId id, ReadOf kind) {
      if (kind == ReadOf::kInput || kind == ReadOf::kLike) activations.push_back(&graph_.value(id));
    });
    ValueType computed;
    try {
      computed = OutputTypeOf(step.op, activations);
    } catch (const Error& error) {
      Fail(step, fmt::format("reads another type: {}", error.message()));
    }
    const bool fits = step.tail == FusedTail{} || computed == ValueType();
    const ValueType written = step.tail.argmax ? ElementType::kInt32 : computed;
    if (!fits || written != graph_.value(step.output).type) Fail(step, "writes values of another type");
    if (step.tail.residual != kNoValue && graph_.value(step.tail.residual).type != ValueType())
      Fail(step, "adds values of another type");
  }

  void CheckBefore(const Step& step) const {
    if (!step.before.empty() && !std::holds_alternative<Conv2d>(step.op)) Fail(step, "runs others as part of it");
    ValueId reads = step.inputs[0];
    for (const Step& part : step.before) {
      if (!std::holds_alternative<Conv2d>(part.op) || part.inputs[0] != reads) Fail(part, "is not in a chain");
      CheckTail(part);
      if (part.tail.residual != kNoValue || part.tail.max_pool) Fail(part, "is more than a sum in a chain");
      if (!Exists(part.output) || IsReady(part.output)) Fail(part, "writes what another step writes");
      reads = part.output;
    }
  }

  void CheckNote(const Step& step) {
    if (step.note < 0) return;
    if (std::holds_alternative<MaxPool>(step.op)) {
      if (!notes_.try_emplace(step.note, &step).second) Fail(step, "leaves a note that another step left");
      return;
    }
    const auto* gradient = std::get_if<MaxPoolGradient>(&step.op);
    const auto left = notes_.find(step.note);
    if (gradient == nullptr || left == notes_.end()) Fail(step, "has a note that no step left for it");
    const auto& pool = std::get<MaxPool>(left->second->op);
    if (pool.kernel != gradient->kernel || pool.stride != gradient->stride || pool.padding != gradient->padding ||
        left->second->inputs[0] != step.inputs[1])
      Fail(step, "has another pooling's note");
  }

  const Graph& graph_;
  ByValue<bool> ready_;
  std::map<int, const Step*> notes_;
};

}  // namespace

TailSupport TailSupportOf(const Op& op) {
  return std::visit([](const auto& alternative) { return Supports(alternative); }, op);
}

int ActivationsRead(const Step& step) {
  if (step.note >= 0 && std::holds_alternative<MaxPoolGradient>(step.op)) return 1;
  return ActivationsRead(step.op);
}

Lowered Lower(std::shared_ptr<const Graph> graph) {
  Lowered lowered{.graph = nullptr, .steps = {}, .outputs = graph->outputs(), .shapes = {}};
  ByValue<bool> is_read(*graph);
  for (const ValueId id : lowered.outputs) is_read[id] = true;
  for (auto node = graph->nodes().rbegin(); node != graph->nodes().rend(); node++) {
    if (!is_read[node->output]) continue;
    lowered.steps.push_back({.name = graph->value(node->output).name,
                             .op = node->op,
                             .inputs = node->inputs,
                             .output = node->output,
                             .tail = {},
                             .note = -1,
                             .before = {}});
    ForEachRead(lowered.steps.back(), [&](ValueId id, ReadOf kind) {
      if (kind != ReadOf::kLike) is_read[id] = true;
    });
  }
  std::ranges::reverse(lowered.steps);
  lowered.graph = std::move(graph);
  return lowered;
}

void Verify(const Lowered& lowered) {
  Verifier verifier(lowered);
  for (const Step& step : lowered.steps) verifier.Check(step);
  for (ValueId id : lowered.outputs) verifier.CheckOutput(id);
}

}  // namespace fcn
