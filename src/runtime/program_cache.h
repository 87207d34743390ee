#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "runtime/program.h"

namespace fcn {

/// A model ready to run at any size: programs by graph and shape, least recently used first out, packed weights shared
/// between them, and the arenas of finished requests kept for the next. Programs that do not fit beside the one that is
/// wanted, into the limit of the options or what is available, are dropped, with what they alone hold; a request that
/// does not fit beside those that run waits for them. Thread-safe.
class ProgramCache {
 public:
  struct Limits {
    size_t programs = 32;                     ///< a plan of a large network takes some 100 kB
    int64_t packed_bytes = int64_t{8} << 30;  ///< programs are dropped while their packed weights take more
    size_t idle_arenas = 2;                   ///< arenas kept while no request uses them
  };

  /// A program and the memory for one run of it, which goes back to the cache with the request. The cache outlives it.
  class Request {
   public:
    Request(Request&&) noexcept = default;
    Request& operator=(Request&&) = delete;
    ~Request() {
      if (arena_) cache_->Finish(*this);
    }

   private:
    friend class ProgramCache;
    Request(ProgramCache& cache, std::shared_ptr<const Program> program)
        : cache_(&cache), program_(std::move(program)) {}

    ProgramCache* cache_;
    std::shared_ptr<const Program> program_;
    std::unique_ptr<Arena> arena_;  // none once it has been moved from
    int64_t planned_ = 0;           // bytes beside packed weights
    int64_t untouched_ = 0;         // of these, and of what its caller needs, those that were not in memory before
  };

  /// The context must outlive the cache.
  ProgramCache(WeightSource weights, CompileOptions options, const Context& context, Limits limits)
      : weights_(std::move(weights)), options_(std::move(options)), context_(context), limits_(limits) {
    idle_.reserve(limits_.idle_arenas);
  }
  ProgramCache(WeightSource weights, CompileOptions options, const Context& context)
      : ProgramCache(std::move(weights), std::move(options), context, Limits{}) {}

  /// The program of this graph, one of the model's, for these shapes; compiled where it is not in the cache. Throws as
  /// Program::Compile does.
  std::shared_ptr<const Program> Get(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs);

  /// Get, and memory for a run. `beside` are bytes that the caller will need on top of the plan; negative for those of
  /// the plan that it has already.
  Request Admit(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs, int64_t beside = 0);

  /// Runs a request, as often as one likes. The outputs get their shapes and types from the program and are
  /// allocated. Runs on
  /// the cache's context, or on another of its instruction set with no more threads.
  std::vector<AnyTensor> Run(Request& request, std::span<const ConstAnyView> inputs, const Context& context,
                             Profile* profile = nullptr);
  /// Admits and runs.
  std::vector<AnyTensor> Run(const std::shared_ptr<const Graph>& graph, std::span<const ConstAnyView> inputs,
                             Profile* profile = nullptr);

  const PackedStore& store() const { return store_; }
  size_t programs() const;

 private:
  /// Drops arenas that this program will not use, and programs, as long as it does not fit, then waits for requests
  /// that run. Called under the lock, before the program is packed or runs. What it may need then.
  MemoryLimit MakeRoomFor(const Program& program, int64_t beside, std::unique_lock<std::mutex>& lock);
  std::shared_ptr<const Program> Get(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                     int64_t beside, std::unique_lock<std::mutex>& lock);
  void Finish(Request& request);

  WeightSource weights_;
  CompileOptions options_;
  const Context& context_;
  Limits limits_;
  PackedStore store_;
  std::mutex turn_;  // requests are admitted one after the other, so that a large one is not overtaken for ever
  mutable std::mutex mutex_;
  std::condition_variable finished_;
  std::list<std::shared_ptr<const Program>> recent_;  // most recently used first
  std::vector<std::unique_ptr<Arena>> idle_;
  int running_ = 0;
  int64_t planned_ = 0, untouched_ = 0;  // of the running requests
};

}  // namespace fcn
