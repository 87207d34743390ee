#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/context.h"
#include "runtime/packed_store.h"
#include "runtime/plan.h"
#include "runtime/profile.h"
#include "tensor/tensor.h"

namespace fcn {

/// The memory of one request. Grows to what the largest program asked of it; reused from run to run. Not thread-safe:
/// each concurrent request has its own.
class Arena {
 public:
  /// At least `bytes`, 64-byte aligned; earlier content may be lost. Throws Error(kMemory).
  uint8_t* Reserve(int64_t bytes);
  int64_t bytes() const { return bytes_; }

 private:
  AlignedBuffer<uint8_t> memory_;
  int64_t bytes_ = 0;
};

/// A network compiled for one shape of input: a plan and its packed weights. Immutable, so one program serves many
/// threads, each with its own Arena.
class Program {
 public:
  /// Plans, and packs the weights that `store` does not have yet. Throws as MakePlan and the weight source do, and
  /// Error(kMemory).
  static std::shared_ptr<const Program> Compile(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                                const WeightSource& weights, PackedStore& store,
                                                const CompileOptions& options, const Context& context);

  /// Runs once. `inputs` and `outputs` have the plan's shapes, in the graph's order; an Argmax's output receives int32
  /// labels in the bytes of the floats. The context must have the instruction set and at most the threads that the
  /// program was compiled for. With a profile, adds each step's time to it. Throws Error(kCancelled) between steps,
  /// Error(kUsage) where a shape differs.
  void Run(std::span<const TensorView<const float>> inputs, std::span<const TensorView<float>> outputs, Arena& arena,
           const Context& context, Profile* profile = nullptr) const;

  const Plan& plan() const { return plan_; }
  /// The packed layer of a step, null where it has no parameters. Programs of other shapes may hold the same.
  const PackedLayer* packed(size_t step) const { return packed_[step].get(); }

 private:
  Program(Plan plan, Isa isa, int threads);

  Plan plan_;
  Isa isa_;
  int threads_;
  std::vector<std::shared_ptr<const PackedLayer>> packed_;  // by step
  std::vector<int64_t> multiply_adds_;                      // by step
};

}  // namespace fcn
