#include "runtime/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/check.h"
#include "fcn/error.h"
#include "runtime/blank_run.h"
#include "runtime/weight_source.h"
#include "runtime/what_fits.h"

namespace fcn {
namespace {

// Two kernels of one name, layer, batch norm and slopes pack alike, whatever the image's size; only a fully connected
// layer's kernel is as large as the map.
std::string PackingKey(const PlannedStep& planned, const Plan& plan, Isa isa) {
  const Nhwc& input = plan.shapes[planned.step.inputs[0]];
  return fmt::format("{}/{}/{}{}{}{}", planned.step.name, planned.kernel->name(), IsaName(isa),
                     planned.step.tail.Has<TailBatchNorm>() ? "+batch_norm" : "",
                     ActivationOf(planned.step.tail) == Activation::kLeakyRelu ? "+slopes" : "",
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

std::string WhatFitsInstead(const Plan& plan, int64_t bytes, const CompileOptions& options, const Context& context) {
  if (plan.input_shapes.size() != 1) return kSomethingSmaller;
  const Nhwc& whole = plan.input_shapes[0];
  const auto bytes_of = [&](int64_t height, int64_t width) {
    const Nhwc input{whole.n, height, width, whole.c};
    return MakePlan(plan.graph, std::span(&input, 1), options, context).memory.peak();
  };
  return WhatFits({whole, plan.memory.peak(), plan.memory.packed_weights, bytes_of}, bytes);
}

/// With what is held while the program runs.
MemoryForecast With(const HeldBeside& held, MemoryForecast memory) {
  memory.inputs += held.bytes;
  return memory;
}

}  // namespace

Program::Program(Plan plan, Isa isa, int threads) : plan_(std::move(plan)), isa_(isa), threads_(threads) {}

std::shared_ptr<const Program> Program::Compile(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                                const WeightSource& weights, PackedStore& store,
                                                const CompileOptions& options, const Context& context) {
  return Compile(graph, inputs, weights, store, options, context, [&](Program& program) {
    program.MakeFit(store, MemoryLimit(options.max_memory, store.bytes()), options, context);
  });
}

std::shared_ptr<const Program> Program::Compile(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                                const WeightSource& weights, PackedStore& store,
                                                const CompileOptions& options, const Context& context,
                                                FunctionRef<void(Program&)> admit) {
  std::shared_ptr<Program> program(
      new Program(MakePlan(graph, inputs, options, context), context.isa(), context.threads()));
  const std::vector<PlannedStep>& steps = program->plan_.steps;
  const auto key = [&](size_t i) { return PackingKey(steps[i], program->plan_, context.isa()); };
  for (size_t i = 0; i < steps.size(); i++)
    program->packed_.push_back(steps[i].kernel->packed_bytes() > 0 ? store.Find(key(i)) : nullptr);
  if (const BlankRun* blank = program->plan_.blank.get())  // takes no memory before they are computed
    program->rims_ = store.GetRims(RimsKey(program->plan_, context.isa()), blank->rim_bytes);
  admit(*program);
  std::atomic<const WholeFile*> mapped = nullptr;  // a model's weights are in one file
  const WeightSource noting = [&](const Value& parameter) {
    ParameterData data = weights(parameter);
    if (const WholeFile* file = MappedFileOf(data)) mapped = file;
    return data;
  };
  for (size_t i = 0; i < steps.size(); i++) {
    context.ThrowIfCancelled();
    if (!program->packed_[i] && steps[i].kernel->packed_bytes() > 0)
      program->packed_[i] =
          store.Get(key(i), context, [&](PackedLayer& layer) { steps[i].kernel->Pack(noting, context, layer); });
  }
  if (mapped) mapped.load()->CheckUnchanged();  // what was packed meanwhile may be wrong
  return program;
}

int64_t Program::PeakBeside(const PackedStore& store, const HeldBeside& beside) const {
  int64_t held = 0;
  for (const auto& packed : packed_)
    if (packed) held += packed->bytes();
  const int64_t others = store.bytes() - held - (rims_ ? rims_->bytes() : 0);
  MemoryForecast memory = With(beside, plan_.memory);
  memory.packing = 0;  // beside all that is held, also layers that come later
  for (size_t i = 0; i < packed_.size(); i++) {
    if (packed_[i]) continue;
    const StepKernel& kernel = *plan_.steps[i].kernel;
    held += kernel.packed_bytes();
    memory.packing = std::max(memory.packing, held + kernel.raw_bytes());
  }
  return memory.peak() + others;
}

void Program::CheckFits(const PackedStore& store, const MemoryLimit& limit, const CompileOptions& options,
                        const Context& context, const HeldBeside& beside) const {
  const int64_t peak = PeakBeside(store, beside), others = peak - With(beside, plan_.memory).peak();
  if (peak <= limit.bytes()) return;
  const int64_t left = limit.bytes() - others;
  limit.Check(peak, beside.what_fits ? beside.what_fits(left) : WhatFitsInstead(plan_, left, options, context));
}

void Program::MakeFit(const PackedStore& store, const MemoryLimit& limit, const CompileOptions& options,
                      const Context& context, const HeldBeside& beside) {
  if (PeakBeside(store, beside) > limit.bytes()) packed_.assign(packed_.size(), nullptr);
  CheckFits(store, limit, options, context, beside);
}

void Program::Run(std::span<const ConstAnyView> inputs, std::span<const AnyView> outputs, Arena& arena,
                  const Context& context, Profile* profile) const {
  FCN_CHECK(context.isa() == isa_ && context.threads() <= threads_);
  const auto packed = [&](size_t step) { return packed_[step].get(); };
  const uint8_t* rims = nullptr;
  if (rims_) {
    arena.Reserve(plan_.memory.arena);  // at once, so that the blank run's memory need not grow after
    rims = rims_->Get([&](uint8_t* computed) { ComputeRims(*plan_.blank, packed, arena, context, computed); });
  }
  RunPlan(plan_, inputs, outputs, packed, arena, context, profile, rims);
}

}  // namespace fcn
