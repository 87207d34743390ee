#include "runtime/program_cache.h"

#include <algorithm>

namespace fcn {
namespace {

// New bytes for which nobody looks what is available.
constexpr int64_t kSmall = int64_t{64} << 20;

}  // namespace

std::shared_ptr<const Program> ProgramCache::Get(const std::shared_ptr<const Graph>& graph,
                                                 std::span<const Nhwc> inputs) {
  const std::lock_guard turn(turn_);
  std::unique_lock lock(mutex_);
  return Get(graph, inputs, 0, lock);
}

std::shared_ptr<const Program> ProgramCache::Get(const std::shared_ptr<const Graph>& graph,
                                                 std::span<const Nhwc> inputs, int64_t beside,
                                                 std::unique_lock<std::mutex>& lock) {
  // Compiling under the lock: two requests of one new shape compile once, and packing uses every thread anyway.
  const auto make_room = [&](const Program& program) { return MakeRoomFor(program, beside, lock); };
  const auto found = std::find_if(recent_.begin(), recent_.end(), [&](const auto& program) {
    const Plan& plan = program->plan();
    return plan.graph == graph &&
           std::equal(inputs.begin(), inputs.end(), plan.input_shapes.begin(), plan.input_shapes.end());
  });
  if (found != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, found);
    std::shared_ptr<const Program> program = recent_.front();
    program->CheckFits(store_, make_room(*program), options_, context_);
    return program;
  }
  recent_.push_front(Program::Compile(graph, inputs, weights_, store_, options_, context_, make_room));
  std::shared_ptr<const Program> program = recent_.front();
  while (recent_.size() > 1 && (recent_.size() > limits_.programs || store_.bytes() > limits_.packed_bytes))
    recent_.pop_back();
  return program;
}

MemoryLimit ProgramCache::MakeRoomFor(const Program& program, int64_t beside, std::unique_lock<std::mutex>& lock) {
  for (bool is_last = false;;) {
    context_.ThrowIfCancelled();
    int64_t idle = 0;
    for (const auto& arena : idle_) idle += arena->bytes();
    const int64_t unused = idle_.empty() ? 0 : idle - std::min(idle_.back()->bytes(), program.plan().memory.arena);
    // What running requests have touched of theirs counts twice here: it is not available either. So a request may wait
    // for them without need, but none is refused while they run.
    const int64_t asked = options_.max_memory > 0 ? std::max<int64_t>(1, options_.max_memory - planned_) : 0;
    const int64_t held = store_.bytes() + idle - beside - untouched_;
    const bool is_small = program.PeakBeside(store_) + unused - held < kSmall;
    const MemoryLimit limit = is_small ? MemoryLimit::OfAsked(asked) : MemoryLimit(asked, held);
    const auto fits = [&](int64_t more) { return program.PeakBeside(store_) + more <= limit.bytes(); };
    if (fits(unused)) return limit;
    idle_.clear();
    while (!recent_.empty() && recent_.back().get() != &program && !fits(0)) recent_.pop_back();
    ReturnFreedMemory();
    if (fits(0) || is_last) return limit;
    if (running_ > 0) {
      finished_.wait(lock);
    } else {
      is_last = true;  // what was freed long ago is available only now
    }
  }
}

ProgramCache::Request ProgramCache::Admit(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                          int64_t beside) {
  const std::lock_guard turn(turn_);
  std::unique_lock lock(mutex_);
  Request request(*this, Get(graph, inputs, beside, lock));
  const MemoryForecast& memory = request.program_->plan().memory;
  auto arena = std::make_unique<Arena>();
  if (!idle_.empty()) {
    arena = std::move(idle_.back());
    idle_.pop_back();
  }
  if (arena->bytes() < memory.arena) arena->Release();
  request.planned_ = memory.arena + memory.inputs + memory.outputs;
  request.untouched_ = request.planned_ + beside - std::min(arena->bytes(), memory.arena);
  request.arena_ = std::move(arena);
  running_++;
  planned_ += request.planned_, untouched_ += request.untouched_;
  return request;
}

void ProgramCache::Finish(Request& request) {
  {
    const std::lock_guard lock(mutex_);
    running_--;
    planned_ -= request.planned_, untouched_ -= request.untouched_;
    if (idle_.size() < limits_.idle_arenas) idle_.push_back(std::move(request.arena_));
  }
  finished_.notify_all();
}

std::vector<AnyTensor> ProgramCache::Run(Request& request, std::span<const ConstAnyView> inputs, const Context& context,
                                         Profile* profile) {
  const Plan& plan = request.program_->plan();
  std::vector<AnyTensor> outputs;
  std::vector<AnyView> views;
  for (ValueId id : plan.outputs) {
    outputs.emplace_back(plan.type(id).element, plan.shapes[static_cast<size_t>(id)]);
    views.push_back(outputs.back().view());
  }
  request.program_->Run(inputs, views, *request.arena_, context, profile);
  return outputs;
}

std::vector<AnyTensor> ProgramCache::Run(const std::shared_ptr<const Graph>& graph,
                                         std::span<const ConstAnyView> inputs, Profile* profile) {
  std::vector<Nhwc> shapes;
  int64_t held = 0;
  for (const auto& input : inputs) {
    shapes.push_back(input.shape);
    held += input.shape.elements() * ElementSize(input.type);
  }
  Request request = Admit(graph, shapes, -held);
  return Run(request, inputs, context_, profile);
}

size_t ProgramCache::programs() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}

}  // namespace fcn
