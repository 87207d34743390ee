#include "segment/predictor/program_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/wait_until.h"

namespace fcn {
namespace {

// New bytes for which nobody looks what is available.
constexpr int64_t kSmall = int64_t{64} << 20;

/// Beside packed weights.
int64_t RunBytes(const MemoryForecast& memory) { return memory.arena + memory.inputs + memory.outputs; }

}  // namespace

ProgramCache::ProgramCache(WeightSource weights, CompileOptions options, const Context& context, Limits limits,
                           Shared shared)
    : weights_(std::move(weights)),
      options_(std::move(options)),
      context_(context),
      limits_(limits),
      shared_(std::move(shared)) {
  idle_.reserve(limits_.idle_arenas);
  const std::lock_guard lock(ledger_.mutex);
  ledger_.caches.push_back(this);
}

ProgramCache::~ProgramCache() {
  const std::lock_guard lock(ledger_.mutex);
  std::erase(ledger_.caches, this);
  recent_.clear(), idle_.clear();  // those who wait for room of other caches find it
  ledger_.changes++;
  ledger_.changed.notify_all();
}

ProgramCache::Request ProgramCache::Admit(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                          int64_t beside, const CancellationToken* token, HeldBeside held) {
  const Context context(context_, token);
  context.ThrowIfCancelled();
  Request request(*this, beside, std::move(held));  // before the lock: giving it back takes the lock
  std::unique_lock lock(ledger_.mutex);
  // Who waits in line holds no program and no layer yet, so that those before may drop them.
  std::optional<Line::Place> place;
  do {
    place.reset();
    WaitUntil(ledger_.changed, lock, context, [&] { return !IsCompiling(*graph, inputs); });
    place.emplace(ledger_.line);
    WaitUntil(ledger_.changed, lock, context, [&] { return place->is_first(); });
  } while (IsCompiling(*graph, inputs));
  if (const auto known = Find(*graph, inputs)) {
    request.program_ = known;
    const int dropped = Enter(request, *known, context, lock, [&](const MemoryLimit& limit) {
      known->CheckFits(store_, limit, options_, context, request.held_);
    });
    place.reset();
    lock.unlock();
    TellDropped(dropped);
    return request;
  }
  const auto compiling = compiling_.insert(compiling_.end(), {graph.get(), {inputs.begin(), inputs.end()}});
  lock.unlock();
  const auto begin = std::chrono::steady_clock::now();
  const auto finish = [&] {
    lock.lock();
    place.reset();
    compiling_.erase(compiling);
    ledger_.changed.notify_all();
  };
  try {
    request.program_ = Compile(request, graph, inputs, context, place);
  } catch (...) {
    finish();  // the first of those who wait for it compiles it
    throw;
  }
  finish();
  Keep(request.program_);
  const MemoryForecast& memory = request.plan().memory;
  Reserve(request, memory, RunBytes(memory) + request.held_.bytes);
  lock.unlock();
  if (shared_.log)
    shared_.log({.level = LogEntry::Level::kInfo,
                 .message = fmt::format(
                     "compiled for {}x{} pixels in {:.0f} ms; {:.0f} MB are planned", inputs[0].w, inputs[0].h,
                     std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count(),
                     static_cast<double>(memory.peak() + request.held_.bytes) / 1e6)});
  return request;
}

std::shared_ptr<const Program> ProgramCache::Compile(Request& request, const std::shared_ptr<const Graph>& graph,
                                                     std::span<const Nhwc> inputs, const Context& context,
                                                     std::optional<Line::Place>& place) {
  return Program::Compile(graph, inputs, weights_, store_, options_, context, [&](Program& program) {
    std::unique_lock lock(ledger_.mutex);
    const int dropped = Enter(request, program, context, lock, [&](const MemoryLimit& limit) {
      program.MakeFit(store_, limit, options_, context, request.held_);
    });
    place.reset();
    lock.unlock();
    TellDropped(dropped);
  });
}

void ProgramCache::TellDropped(int programs) const {
  if (shared_.log && programs > 0)
    shared_.log({.level = LogEntry::Level::kInfo,
                 .message = fmt::format("dropped {} program{} of other sizes, whose memory another one needs", programs,
                                        programs == 1 ? "" : "s")});
}

bool ProgramCache::IsCompiling(const Graph& graph, std::span<const Nhwc> inputs) const {
  return std::ranges::any_of(
      compiling_, [&](const Compiling& one) { return one.graph == &graph && std::ranges::equal(one.inputs, inputs); });
}

std::shared_ptr<const Program> ProgramCache::Find(const Graph& graph, std::span<const Nhwc> inputs) {
  const auto found = std::ranges::find_if(recent_, [&](const Kept& kept) {
    const Plan& plan = kept.program->plan();
    return plan.graph.get() == &graph && std::ranges::equal(plan.input_shapes, inputs);
  });
  if (found == recent_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found);
  recent_.front().used = ++ledger_.uses;
  return recent_.front().program;
}

void ProgramCache::Keep(std::shared_ptr<const Program> program) {
  recent_.push_front({std::move(program), ++ledger_.uses});
  while (recent_.size() > 1 && (recent_.size() > limits_.programs || store_.bytes() > limits_.packed_bytes))
    recent_.pop_back();
}

int ProgramCache::Enter(Request& request, const Program& program, const Context& context,
                        std::unique_lock<std::mutex>& lock, FunctionRef<void(const MemoryLimit&)> refuse) {
  bool is_last = false;
  int dropped = 0;
  while (const std::optional<MemoryLimit> limit = MakeRoomFor(program, request, dropped)) {
    if (ledger_.admitted > 0) {
      WaitUntil(ledger_.changed, lock, context, [&, seen = ledger_.changes] { return ledger_.changes != seen; });
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
  ledger_.admitted++;
  const int64_t stored = store_.bytes();
  Reserve(request, memory,
          std::max(program.PeakBeside(store_, request.held_) - stored, RunBytes(memory) + request.held_.bytes));
  return dropped;
}

std::optional<MemoryLimit> ProgramCache::MakeRoomFor(const Program& program, const Request& request, int& dropped) {
  const int64_t idle = IdleBytes(), others = BytesOfOthers();
  const int64_t unused = idle - (idle_.empty() ? 0 : std::min(idle_.back()->bytes(), program.plan().memory.arena));
  // What other requests have touched of theirs counts twice here: it is not available either. So do layers that they
  // are packing. So a request may wait for them without need, but none is refused while there are any.
  const int64_t held = store_.bytes() + idle - request.beside_ - ledger_.untouched;
  const auto peak = [&] { return program.PeakBeside(store_, request.held_); };
  const bool is_small = peak() + unused - held < kSmall;
  const std::optional<MemoryBound> bound = is_small ? std::nullopt : std::optional(TightestMemoryBound());
  const auto limit = [&] {
    const int64_t of_others = BytesOfOthers();
    const int64_t asked =
        options_.max_memory > 0 ? std::max<int64_t>(1, options_.max_memory - ledger_.planned - of_others) : 0;
    return bound ? MemoryLimit(asked, held + others - of_others, *bound) : MemoryLimit::OfAsked(asked);
  };
  const auto fits = [&](int64_t more) { return peak() + more <= limit().bytes(); };
  if (fits(unused)) return std::nullopt;
  for (ProgramCache* cache : ledger_.caches) cache->idle_.clear();
  while (!fits(0) && DropOldest(program)) dropped++;
  ReturnFreedMemory();
  if (fits(0)) return std::nullopt;
  return limit();
}

int64_t ProgramCache::IdleBytes() const {
  int64_t bytes = 0;
  for (const ProgramCache* cache : ledger_.caches)
    for (const auto& arena : cache->idle_) bytes += arena->bytes();
  return bytes;
}

int64_t ProgramCache::BytesOfOthers() const {
  int64_t bytes = 0;
  for (const ProgramCache* cache : ledger_.caches)
    if (cache != this) bytes += cache->store_.bytes();
  return bytes;
}

bool ProgramCache::DropOldest(const Program& program) {
  ProgramCache* oldest = nullptr;
  for (ProgramCache* cache : ledger_.caches)
    if (!cache->recent_.empty() && cache->recent_.back().program.get() != &program &&
        (oldest == nullptr || cache->recent_.back().used < oldest->recent_.back().used))
      oldest = cache;
  if (oldest == nullptr) return false;
  oldest->recent_.pop_back();
  return true;
}

void ProgramCache::Reserve(Request& request, const MemoryForecast& memory, int64_t planned) {
  const int64_t untouched = planned + request.beside_ - std::min(request.arena_->bytes(), memory.arena);
  ledger_.planned += planned - request.planned_, ledger_.untouched += untouched - request.untouched_;
  request.planned_ = planned, request.untouched_ = untouched;
  ledger_.changes++;
  ledger_.changed.notify_all();
}

void ProgramCache::Finish(Request& request) {
  const std::lock_guard lock(ledger_.mutex);
  ledger_.admitted--;
  ledger_.planned -= request.planned_, ledger_.untouched -= request.untouched_;
  if (idle_.size() < limits_.idle_arenas) idle_.push_back(std::move(request.arena_));
  ledger_.changes++;
  ledger_.changed.notify_all();
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
  const std::lock_guard lock(ledger_.mutex);
  return recent_.size();
}

}  // namespace fcn
