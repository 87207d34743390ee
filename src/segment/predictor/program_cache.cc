#include "segment/predictor/program_cache.h"

#include <algorithm>

#include "base/wait_until.h"

namespace fcn {
namespace {

// New bytes for which nobody looks what is available.
constexpr int64_t kSmall = int64_t{64} << 20;

/// Beside packed weights.
int64_t RunBytes(const MemoryForecast& memory) { return memory.arena + memory.inputs + memory.outputs; }

}  // namespace

ProgramCache::ProgramCache(WeightSource weights, CompileOptions options, const Context& context, Limits limits)
    : weights_(std::move(weights)), options_(std::move(options)), context_(context), limits_(limits) {
  idle_.reserve(limits_.idle_arenas);
}

ProgramCache::Request ProgramCache::Admit(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                          int64_t beside, const CancellationToken* token) {
  const Context context(context_, token);
  context.ThrowIfCancelled();
  Request request(*this, beside);  // before the lock: giving it back takes the lock
  std::unique_lock lock(mutex_);
  WaitUntil(changed_, lock, context, [&] { return !IsCompiling(*graph, inputs); });
  if (const auto known = Find(*graph, inputs)) {
    request.program_ = known;
    Enter(request, *known, context, lock,
          [&](const MemoryLimit& limit) { known->CheckFits(store_, limit, options_, context); });
    return request;
  }
  const auto compiling = compiling_.insert(compiling_.end(), {graph.get(), {inputs.begin(), inputs.end()}});
  lock.unlock();
  const auto finish = [&] {
    lock.lock();
    compiling_.erase(compiling);
    changed_.notify_all();
  };
  try {
    request.program_ = Compile(request, graph, inputs, context);
  } catch (...) {
    finish();  // the first of those who wait for it compiles it
    throw;
  }
  finish();
  Keep(request.program_);
  const MemoryForecast& memory = request.plan().memory;
  Reserve(request, memory, RunBytes(memory));
  return request;
}

std::shared_ptr<const Program> ProgramCache::Compile(Request& request, const std::shared_ptr<const Graph>& graph,
                                                     std::span<const Nhwc> inputs, const Context& context) {
  return Program::Compile(graph, inputs, weights_, store_, options_, context, [&](Program& program) {
    std::unique_lock lock(mutex_);
    Enter(request, program, context, lock,
          [&](const MemoryLimit& limit) { program.MakeFit(store_, limit, options_, context); });
  });
}

bool ProgramCache::IsCompiling(const Graph& graph, std::span<const Nhwc> inputs) const {
  return std::ranges::any_of(
      compiling_, [&](const Compiling& one) { return one.graph == &graph && std::ranges::equal(one.inputs, inputs); });
}

std::shared_ptr<const Program> ProgramCache::Find(const Graph& graph, std::span<const Nhwc> inputs) {
  const auto found = std::ranges::find_if(recent_, [&](const auto& program) {
    return program->plan().graph.get() == &graph && std::ranges::equal(program->plan().input_shapes, inputs);
  });
  if (found == recent_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found);
  return recent_.front();
}

void ProgramCache::Keep(std::shared_ptr<const Program> program) {
  recent_.push_front(std::move(program));
  while (recent_.size() > 1 && (recent_.size() > limits_.programs || store_.bytes() > limits_.packed_bytes))
    recent_.pop_back();
}

void ProgramCache::Enter(Request& request, const Program& program, const Context& context,
                         std::unique_lock<std::mutex>& lock, FunctionRef<void(const MemoryLimit&)> refuse) {
  const Line::Place place(line_);
  WaitUntil(changed_, lock, context, [&] { return place.is_first(); });
  bool is_last = false;
  while (const std::optional<MemoryLimit> limit = MakeRoomFor(program, request.beside_)) {
    if (admitted_ > 0) {
      WaitUntil(changed_, lock, context, [&, seen = changes_] { return changes_ != seen; });
    } else if (is_last) {
      refuse(*limit);
      break;
    } else {
      is_last = true;  // what was freed long ago is available only now
    }
  }
  auto arena = std::make_unique<Arena>();
  if (!idle_.empty()) {
    arena = std::move(idle_.back());
    idle_.pop_back();
  }
  const MemoryForecast& memory = program.plan().memory;
  if (arena->bytes() < memory.arena) arena->Release();
  request.arena_ = std::move(arena);
  admitted_++;
  const int64_t stored = store_.bytes();
  Reserve(request, memory, std::max(program.PeakBeside(store_) - stored, RunBytes(memory)));
}

std::optional<MemoryLimit> ProgramCache::MakeRoomFor(const Program& program, int64_t beside) {
  int64_t idle = 0;
  for (const auto& arena : idle_) idle += arena->bytes();
  const int64_t unused = idle_.empty() ? 0 : idle - std::min(idle_.back()->bytes(), program.plan().memory.arena);
  // What other requests have touched of theirs counts twice here: it is not available either. So do layers that they
  // are packing. So a request may wait for them without need, but none is refused while there are any.
  const int64_t asked = options_.max_memory > 0 ? std::max<int64_t>(1, options_.max_memory - planned_) : 0;
  const int64_t held = store_.bytes() + idle - beside - untouched_;
  const bool is_small = program.PeakBeside(store_) + unused - held < kSmall;
  const MemoryLimit limit = is_small ? MemoryLimit::OfAsked(asked) : MemoryLimit(asked, held);
  const auto fits = [&](int64_t more) { return program.PeakBeside(store_) + more <= limit.bytes(); };
  if (fits(unused)) return std::nullopt;
  idle_.clear();
  while (!recent_.empty() && recent_.back().get() != &program && !fits(0)) recent_.pop_back();
  ReturnFreedMemory();
  if (fits(0)) return std::nullopt;
  return limit;
}

void ProgramCache::Reserve(Request& request, const MemoryForecast& memory, int64_t planned) {
  const int64_t untouched = planned + request.beside_ - std::min(request.arena_->bytes(), memory.arena);
  planned_ += planned - request.planned_, untouched_ += untouched - request.untouched_;
  request.planned_ = planned, request.untouched_ = untouched;
  changes_++;
  changed_.notify_all();
}

void ProgramCache::Finish(Request& request) {
  const std::lock_guard lock(mutex_);
  admitted_--;
  planned_ -= request.planned_, untouched_ -= request.untouched_;
  if (idle_.size() < limits_.idle_arenas) idle_.push_back(std::move(request.arena_));
  changes_++;
  changed_.notify_all();
}

void ProgramCache::Request::Run(std::span<const ConstAnyView> inputs, std::span<const AnyView> outputs,
                                const Context& context, Profile* profile) {
  program_->Run(inputs, outputs, *arena_, context, profile);
}

std::vector<AnyTensor> ProgramCache::Request::Run(std::span<const ConstAnyView> inputs, const Context& context) {
  std::vector<AnyTensor> outputs;
  std::vector<AnyView> views;
  for (const ValueId id : plan().outputs) {
    outputs.emplace_back(plan().type(id).element, plan().shapes[id]);
    views.push_back(outputs.back().view());
  }
  Run(inputs, views, context);
  return outputs;
}

size_t ProgramCache::programs() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}

}  // namespace fcn
