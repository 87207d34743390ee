#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "runtime/program.h"

namespace fcn {

/// A model ready to run at any size: programs by graph and shape, least recently used first out, packed weights shared
/// between them, and the arenas of finished requests kept for the next. Programs that do not fit into the limit of the
/// options beside the one that is wanted are dropped, with what they alone hold. Thread-safe.
class ProgramCache {
 public:
  struct Limits {
    size_t programs = 32;                     ///< a plan of a large network takes some 100 kB
    int64_t packed_bytes = int64_t{8} << 30;  ///< programs are dropped while their packed weights take more
    size_t idle_arenas = 2;                   ///< arenas kept while no request uses them
  };

  /// The context must outlive the cache.
  ProgramCache(WeightSource weights, CompileOptions options, const Context& context, Limits limits);
  ProgramCache(WeightSource weights, CompileOptions options, const Context& context)
      : ProgramCache(std::move(weights), std::move(options), context, Limits{}) {}

  /// The program of this graph, one of the model's, for these shapes; compiled where it is not in the cache. Throws as
  /// Program::Compile does.
  std::shared_ptr<const Program> Get(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs);

  /// Get, an arena, and Run. `outputs` get their shapes from the program and are allocated. Runs on the cache's
  /// context, or on another of its instruction set with no more threads.
  std::vector<Tensor> Run(const std::shared_ptr<const Graph>& graph, std::span<const TensorView<const float>> inputs,
                          Profile* profile = nullptr);
  std::vector<Tensor> Run(const std::shared_ptr<const Graph>& graph, std::span<const TensorView<const float>> inputs,
                          const Context& context, Profile* profile = nullptr);

  const PackedStore& store() const { return store_; }
  size_t programs() const;

 private:
  /// Drops arenas that this program will not use, and programs, as long as it does not fit. Called under the lock,
  /// before the program is packed or runs.
  void MakeRoomFor(const Program& program);
  std::unique_ptr<Arena> TakeArena();
  void ReturnArena(std::unique_ptr<Arena> arena);

  WeightSource weights_;
  CompileOptions options_;
  const Context& context_;
  Limits limits_;
  int64_t memory_limit_;
  PackedStore store_;
  mutable std::mutex mutex_;
  std::list<std::shared_ptr<const Program>> recent_;  // most recently used first
  std::vector<std::unique_ptr<Arena>> idle_;
};

}  // namespace fcn
