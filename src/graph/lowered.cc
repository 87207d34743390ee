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
  return TailSupport::Of<TailBatchNorm, TailResidual, TailActivation, TailMaxPool>();
}
TailSupport Supports(const Deconv2d&) {
  return TailSupport::Of<TailCrop, TailResidual, TailActivation, TailArgmax, TailLoss>().OnlyClamps();
}
TailSupport Supports(const Linear&) { return TailSupport::Of<TailBatchNorm, TailActivation>(); }
TailSupport Supports(const MaxPool&) { return TailSupport::Of<TailPositiveOnly>(); }
TailSupport Supports(const BatchNorm&) { return TailSupport::Of<TailActivation>(); }
TailSupport Supports(const Add&) { return TailSupport::Of<TailActivation>(); }
TailSupport Supports(const Multiply&) { return TailSupport::Of<TailActivation>(); }
TailSupport Supports(const Resize&) { return TailSupport::Of<TailArgmax, TailLoss>(); }
TailSupport Supports(const Normalise&) { return TailSupport::Of<TailActivation>().OnlyClamps(); }
TailSupport Supports(const NormaliseSums&) { return TailSupport::Of<TailMask>(); }
TailSupport Supports(const NormaliseGradient&) { return TailSupport::Of<TailMask>(); }
TailSupport Supports(const ConvDataGradient&) { return TailSupport::Of<TailResidual>(); }

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
    if (const auto& loss = step.tail.Get<TailLoss>()) CheckWrites(step, loss->loss);
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

  // Of a "like" only shape and place matter: it need not be written. CheckBefore looks at what steps inside read.
  void CheckReads(const Step& step) const {
    ForEachRead(step, [&](ValueId id, ReadOf kind) {
      if (kind == ReadOf::kInside || (kind == ReadOf::kLike && Exists(id))) return;
      if (!IsReady(id)) Fail(step, fmt::format("reads {} before it is written", Describe(id)));
    });
  }

  void CheckTail(const Step& step) const {
    const TailSupport supports = TailSupportOf(step.op);
    Tail before;
    step.tail.ForEach([&]<typename T>(const T& option) {
      if (!supports.Takes(option) || !before.TakesNext<T>()) Fail(step, "has a tail that it cannot compute");
      before.Set(option);
      CheckOption(step, option);
    });
    if (step.tail.Has<TailMaxPool>() && !Clamps(ActivationOf(step.tail)))
      Fail(step, "has a tail that it cannot compute");
  }

  template <typename T>
  void CheckOption(const Step&, const T&) const {}
  void CheckOption(const Step& step, const TailBatchNorm& norm) const {
    for (ValueId id : norm.parameters)
      if (graph_.value(id).kind != ValueKind::kParameter) Fail(step, "has a batch norm of activations");
  }
  void CheckOption(const Step& step, const TailCrop& crop) const {
    if (!Exists(crop.whole) || !Exists(crop.like)) Fail(step, "is cropped like a value that does not exist");
  }
  void CheckOption(const Step& step, const TailResidual& residual) const {
    if (graph_.value(residual.value).type != ValueType()) Fail(step, "adds values of another type");
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
    const bool fits = step.tail.empty() || computed == ValueType();
    const ValueType written = step.tail.Has<TailArgmax>() ? ElementType::kInt32 : computed;
    if (!fits || written != graph_.value(step.output).type) Fail(step, "writes values of another type");
  }

  void CheckBefore(const Step& step) const {
    if (!step.before.empty() && !std::holds_alternative<Conv2d>(step.op)) Fail(step, "runs others as part of it");
    const auto clamps = [](const Step& part) { return Clamps(ActivationOf(part.tail)); };
    if (!step.before.empty() && !(clamps(step) && std::ranges::all_of(step.before, clamps)))
      Fail(step, "has a function that is no clamp in a chain");
    ValueId reads = step.inputs[0];
    for (const Step& part : step.before) {
      if (!std::holds_alternative<Conv2d>(part.op) || part.inputs[0] != reads) Fail(part, "is not in a chain");
      CheckTail(part);
      if (part.tail.Has<TailResidual>() || part.tail.Has<TailMaxPool>()) Fail(part, "is more than a sum in a chain");
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
