#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "runtime/program.h"

namespace fcn {

/// A model ready to run at any size: programs by shape, least recently used first out, packed weights shared between
/// them, and the arenas of finished requests kept for the next. Thread-safe.
class ProgramCache {
 public:
  struct Limits {
    size_t programs = 32;                     ///< a plan of a large network takes some 100 kB
    int64_t packed_bytes = int64_t{8} << 30;  ///< programs are dropped while their packed weights take more
    size_t idle_arenas = 2;                   ///< arenas kept while no request uses them
  };

  /// Caches of one model's graphs may share one store. The context must outlive the cache.
  ProgramCache(std::shared_ptr<const Graph> graph, WeightSource weights, std::shared_ptr<PackedStore> store,
               CompileOptions options, const Context& context, Limits limits);
  ProgramCache(std::shared_ptr<const Graph> graph, WeightSource weights, std::shared_ptr<PackedStore> store,
               CompileOptions options, const Context& context)
      : ProgramCache(std::move(graph), std::move(weights), std::move(store), std::move(options), context, Limits{}) {}

  /// The program for these shapes, compiled where it is not in the cache. Throws as Program::Compile does.
  std::shared_ptr<const Program> Get(std::span<const Nhwc> inputs);

  /// Get, an arena, and Run. `outputs` get their shapes from the program and are allocated. Runs on the cache's
  /// context, or on another of its instruction set with no more threads.
  std::vector<Tensor> Run(std::span<const TensorView<const float>> inputs, Profile* profile = nullptr);
  std::vector<Tensor> Run(std::span<const TensorView<const float>> inputs, const Context& context,
                          Profile* profile = nullptr);

  const PackedStore& store() const { return *store_; }
  size_t programs() const;

 private:
  std::unique_ptr<Arena> TakeArena();
  void ReturnArena(std::unique_ptr<Arena> arena);

  std::shared_ptr<const Graph> graph_;
  WeightSource weights_;
  CompileOptions options_;
  const Context& context_;
  Limits limits_;
  std::shared_ptr<PackedStore> store_;
  mutable std::mutex mutex_;
  std::list<std::shared_ptr<const Program>> recent_;  // most recently used first
  std::vector<std::unique_ptr<Arena>> idle_;
};

}  // namespace fcn
