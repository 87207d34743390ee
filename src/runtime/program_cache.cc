#include "runtime/program_cache.h"

#include <algorithm>

namespace fcn {

ProgramCache::ProgramCache(WeightSource weights, CompileOptions options, const Context& context, Limits limits)
    : weights_(std::move(weights)),
      options_(std::move(options)),
      context_(context),
      limits_(limits),
      memory_limit_(MemoryLimit(options_.max_memory)) {}

std::shared_ptr<const Program> ProgramCache::Get(const std::shared_ptr<const Graph>& graph,
                                                 std::span<const Nhwc> inputs) {
  // Compiling under the lock: two requests of one new shape compile once, and packing uses every thread anyway.
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(recent_.begin(), recent_.end(), [&](const auto& program) {
    const Plan& plan = program->plan();
    return plan.graph == graph &&
           std::equal(inputs.begin(), inputs.end(), plan.input_shapes.begin(), plan.input_shapes.end());
  });
  if (found != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, found);
    MakeRoomFor(*recent_.front());
    return recent_.front();
  }
  recent_.push_front(Program::Compile(graph, inputs, weights_, store_, options_, context_,
                                      [&](const Program& program) { MakeRoomFor(program); }));
  std::shared_ptr<const Program> program = recent_.front();
  while (recent_.size() > 1 && (recent_.size() > limits_.programs || store_.bytes() > limits_.packed_bytes))
    recent_.pop_back();
  return program;
}

void ProgramCache::MakeRoomFor(const Program& program) {
  int64_t unused = idle_.empty() ? 0 : -std::min(idle_.back()->bytes(), program.plan().memory.arena);
  for (const auto& arena : idle_) unused += arena->bytes();
  if (program.PeakBeside(store_) + unused > memory_limit_) idle_.clear();
  while (!recent_.empty() && recent_.back().get() != &program && program.PeakBeside(store_) > memory_limit_)
    recent_.pop_back();
}

std::vector<Tensor> ProgramCache::Run(const std::shared_ptr<const Graph>& graph,
                                      std::span<const TensorView<const float>> inputs, Profile* profile) {
  return Run(graph, inputs, context_, profile);
}

std::vector<Tensor> ProgramCache::Run(const std::shared_ptr<const Graph>& graph,
                                      std::span<const TensorView<const float>> inputs, const Context& context,
                                      Profile* profile) {
  std::vector<Nhwc> shapes;
  for (const auto& input : inputs) shapes.push_back(input.shape);
  const std::shared_ptr<const Program> program = Get(graph, shapes);

  std::vector<Tensor> outputs;
  std::vector<TensorView<float>> views;
  for (ValueId id : program->plan().outputs) {
    outputs.emplace_back(program->plan().shapes[static_cast<size_t>(id)]);
    views.push_back(outputs.back().view());
  }
  std::unique_ptr<Arena> arena = TakeArena();
  program->Run(inputs, views, *arena, context, profile);
  ReturnArena(std::move(arena));
  return outputs;
}

size_t ProgramCache::programs() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}

std::unique_ptr<Arena> ProgramCache::TakeArena() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Arena>();
  std::unique_ptr<Arena> arena = std::move(idle_.back());
  idle_.pop_back();
  return arena;
}

void ProgramCache::ReturnArena(std::unique_ptr<Arena> arena) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < limits_.idle_arenas) idle_.push_back(std::move(arena));
}

}  // namespace fcn
