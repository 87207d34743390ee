#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fcn/runtime.h"
#include "runtime/program.h"
#include "segment/predictor/memory_ledger.h"

namespace fcn {

/// RuntimeOptions::log.
using Log = std::function<void(const LogEntry&)>;

/// A model's programs by graph and shape, and the memory of all requests that run them.
///
/// Programs are kept, those used longest ago go first; they share packed weights. A new one is compiled outside of the
/// lock: requests of other shapes do not wait for it, but for a layer that both need while one of them packs it. Those
/// of the same shape wait, and it is compiled once.
///
/// What a request will need is compared with the limit of the options, and with what is available, beside what others
/// hold and will need (admission). Programs that do not fit beside it are dropped, with what they alone hold, those
/// used longest ago first; then it waits for others to end, behind those who wait already; where it would not fit alone
/// it is refused. All of that counts for the caches of a ledger together. Thread-safe.
class ProgramCache {
 public:
  struct Limits {
    size_t programs = 32;                     ///< a plan of a large network takes some 100 kB
    int64_t packed_bytes = int64_t{8} << 30;  ///< programs are dropped while their packed weights take more
    size_t idle_arenas = 2;                   ///< arenas kept while no request uses them
  };

  /// A program and the memory for running it, which goes back to the cache with the request. The cache outlives it.
  class Request {
   public:
    Request(Request&&) noexcept = default;
    Request& operator=(Request&&) = delete;
    ~Request() {
      if (!arena_) return;
      program_.reset();  // first, so that who waits for memory finds what it held
      cache_->Finish(*this);
    }

    const std::shared_ptr<const Program>& program() const { return program_; }
    const Plan& plan() const { return program_->plan(); }
    /// Program::Run, as often as one likes.
    void Run(std::span<const ConstAnyView> inputs, std::span<const AnyView> outputs, const Context& context,
             Profile* profile = nullptr);
    /// The same, with outputs that it makes: in the graph's order, of the program's types and shapes.
    std::vector<AnyTensor> Run(std::span<const ConstAnyView> inputs, const Context& context);
    /// Gives the working memory back to the system now, not to the next request.
    void ReleaseMemory() { arena_->Release(); }

   private:
    friend class ProgramCache;
    Request(ProgramCache& cache, int64_t beside, HeldBeside held)
        : cache_(&cache), beside_(beside), held_(std::move(held)) {}

    ProgramCache* cache_;
    int64_t beside_;
    HeldBeside held_;
    std::shared_ptr<const Program> program_;
    std::unique_ptr<Arena> arena_;  // once it is admitted, until it is moved from
    int64_t planned_ = 0;           // bytes beside packed weights; while it compiles, of those to come as well
    int64_t untouched_ = 0;         // of these, and of what its caller needs, those that were not in memory before
  };

  /// What caches have in common.
  struct Shared {
    /// Where given, it is told of each program that is compiled, and of those that are dropped because another one
    /// needs their memory; not under a lock.
    Log log = {};
    std::shared_ptr<MemoryLedger> ledger = std::make_shared<MemoryLedger>();
  };

  /// The context must outlive the cache.
  ProgramCache(WeightSource weights, CompileOptions options, const Context& context, Limits limits, Shared shared);
  ProgramCache(WeightSource weights, CompileOptions options, const Context& context)
      : ProgramCache(std::move(weights), std::move(options), context, Limits{}, Shared{}) {}
  ~ProgramCache();
  ProgramCache(const ProgramCache&) = delete;
  ProgramCache& operator=(const ProgramCache&) = delete;

  /// The program of this graph, one of the model's, for these shapes, and memory for a run. `beside` are bytes that the
  /// caller will need on top of the plan; negative for those of the plan that it has already. `held` counts as a part
  /// of the plan. Throws as Program::Compile does; Error(kMemory) with the figures and a size that would fit where
  /// there will never be room; Error(kCancelled) where the token or the cache's context is cancelled.
  Request Admit(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs, int64_t beside = 0,
                const CancellationToken* token = nullptr, HeldBeside held = {});

  const PackedStore& store() const { return store_; }
  size_t programs() const;

 private:
  struct Kept {
    std::shared_ptr<const Program> program;
    int64_t used;  // MemoryLedger::uses at that time
  };
  /// A program that somebody compiles.
  struct Compiling {
    const Graph* graph;
    std::vector<Nhwc> inputs;
  };

  std::shared_ptr<const Program> Compile(Request& request, const std::shared_ptr<const Graph>& graph,
                                         std::span<const Nhwc> inputs, const Context& context,
                                         std::optional<Line::Place>& place);
  void Finish(Request& request);
  void TellDropped(int programs) const;

  // All of these are called under the lock.
  bool IsCompiling(const Graph& graph, std::span<const Nhwc> inputs) const;
  std::shared_ptr<const Program> Find(const Graph& graph, std::span<const Nhwc> inputs);
  /// Puts a new program first, and drops those that are too many then.
  void Keep(std::shared_ptr<const Program> program);
  /// For the first in line: waits until there is room for the program and takes it for the request. refuse(limit) is
  /// called where there will never be any. Returns how many programs were dropped for it.
  int Enter(Request& request, const Program& program, const Context& context, std::unique_lock<std::mutex>& lock,
            FunctionRef<void(const MemoryLimit&)> refuse);
  /// Drops arenas that this program will not use, and programs, as long as it does not fit; counts these. None where it
  /// does; otherwise what it is beyond.
  std::optional<MemoryLimit> MakeRoomFor(const Program& program, const Request& request, int& dropped);
  /// Bytes of arenas that no request of any cache uses.
  int64_t IdleBytes() const;
  /// Bytes that the programs of other caches hold.
  int64_t BytesOfOthers() const;
  /// Drops the program that was used longest ago of all but `program`; false where there is none.
  bool DropOldest(const Program& program);
  /// What an admitted request needs beside packed weights that exist.
  void Reserve(Request& request, const MemoryForecast& memory, int64_t planned);

  WeightSource weights_;
  CompileOptions options_;
  const Context& context_;
  Limits limits_;
  Shared shared_;
  MemoryLedger& ledger_ = *shared_.ledger;
  PackedStore store_;
  std::list<Compiling> compiling_;
  std::list<Kept> recent_;  // most recently used first
  std::vector<std::unique_ptr<Arena>> idle_;
};

}  // namespace fcn
