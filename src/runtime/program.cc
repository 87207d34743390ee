#include "runtime/program.h"

#include <fmt/format.h>

#include "base/check.h"
#include "runtime/blank_run.h"

namespace fcn {
namespace {

// Two kernels of one name, layer and batch norm pack alike, whatever the image's size; only a fully connected layer's
// kernel is as large as the map.
std::string PackingKey(const PlannedStep& planned, const Plan& plan, Isa isa) {
  const Nhwc& input = plan.shapes[static_cast<size_t>(planned.step.inputs[0])];
  return fmt::format("{}/{}/{}{}{}", planned.step.name, planned.kernel->name(), IsaName(isa),
                     planned.step.tail.batch_norm.empty() ? "" : "+batch_norm",
                     std::holds_alternative<Linear>(planned.step.op) ? ToString(input) : "");
}

// Rims follow from the steps before them, their layers and the sizes of the blank maps, and from nothing else.
std::string RimsKey(const Plan& plan, Isa isa) {
  std::string key;
  for (const BlankStep& blank : plan.blank->steps) {
    const PlannedStep& planned = plan.steps[blank.main_step];
    for (const Nhwc& input : blank.inputs) key += ToString(input) + " ";
    key += fmt::format("{} -> {} {}; ", PackingKey(planned, plan, isa), ToString(blank.output), planned.step.output);
  }
  return key;
}

}  // namespace

Program::Program(Plan plan, Isa isa, int threads) : plan_(std::move(plan)), isa_(isa), threads_(threads) {}

std::shared_ptr<const Program> Program::Compile(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                                const WeightSource& weights, PackedStore& store,
                                                const CompileOptions& options, const Context& context) {
  std::shared_ptr<Program> program(
      new Program(MakePlan(graph, inputs, options, context), context.isa(), context.threads()));
  CheckMemory(program->plan_.memory.peak(), options.max_memory);
  for (const PlannedStep& planned : program->plan_.steps) {
    context.ThrowIfCancelled();
    std::shared_ptr<const PackedLayer> packed;
    if (planned.kernel->packed_floats() > 0)
      packed = store.Get(PackingKey(planned, program->plan_, context.isa()),
                         [&](PackedLayer& layer) { planned.kernel->Pack(weights, context, layer); });
    program->packed_.push_back(std::move(packed));
  }
  if (const BlankRun* blank = program->plan_.blank.get())
    program->rims_ = store.GetRims(RimsKey(program->plan_, context.isa()), blank->rim_floats);
  return program;
}

void Program::Run(std::span<const TensorView<const float>> inputs, std::span<const TensorView<float>> outputs,
                  Arena& arena, const Context& context, Profile* profile) const {
  FCN_CHECK(context.isa() == isa_ && context.threads() <= threads_);
  const auto packed = [&](size_t step) { return packed_[step].get(); };
  const float* rims = nullptr;
  if (rims_) {
    arena.Reserve(plan_.memory.arena);  // at once, so that the blank run's memory need not grow after
    rims = rims_->Get([&](float* computed) { ComputeRims(*plan_.blank, packed, arena, context, computed); });
  }
  RunPlan(plan_, inputs, outputs, packed, arena, context, profile, rims);
}

}  // namespace fcn
