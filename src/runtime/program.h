#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "fcn/function_ref.h"
#include "runtime/execute.h"
#include "runtime/packed_store.h"
#include "runtime/plan.h"
#include "tensor/any_tensor.h"

namespace fcn {

/// What a request holds while its program runs, which counts as planned beside the program's plan.
struct HeldBeside {
  int64_t bytes = 0;
  /// What would fit into so many bytes with all of that, as messages name it; empty: a smaller input of the program.
  std::function<std::string(int64_t bytes)> what_fits = {};
};

/// A network compiled for one shape of input: a plan and its packed weights. Immutable, so one program serves many
/// threads, each with its own Arena.
class Program {
 public:
  /// Plans, and packs the weights that `store` does not have yet. Before it packs, admit(program) sees to it that there
  /// is room beside what the store holds for others, and throws where there is none: the program then holds all that it
  /// found in the store. Throws as MakePlan, admit and the weight source do.
  static std::shared_ptr<const Program> Compile(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                                const WeightSource& weights, PackedStore& store,
                                                const CompileOptions& options, const Context& context,
                                                FunctionRef<void(Program&)> admit);
  /// The same where nothing can be dropped: throws Error(kMemory) where it is more than is allowed or available.
  static std::shared_ptr<const Program> Compile(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                                const WeightSource& weights, PackedStore& store,
                                                const CompileOptions& options, const Context& context);

  /// Runs once, as RunPlan says. Where the plan is of an image window, the first run computes the rims before, unless
  /// another program of the store has them. The context must have the instruction set and at most the threads that the
  /// program was compiled for.
  void Run(std::span<const ConstAnyView> inputs, std::span<const AnyView> outputs, Arena& arena, const Context& context,
           Profile* profile = nullptr) const;

  const Plan& plan() const { return plan_; }
  /// Bytes of this program with one request at its largest moment from now on, and of what the store holds for others
  /// alone.
  int64_t PeakBeside(const PackedStore& store, const HeldBeside& beside = {}) const;
  /// Throws Error(kMemory) where that is more than the limit; the hint names a size that would fit.
  void CheckFits(const PackedStore& store, const MemoryLimit& limit, const CompileOptions& options,
                 const Context& context, const HeldBeside& beside = {}) const;
  /// Before it is packed: the same, after it let go of what it found in the store, where that may be what is too much.
  void MakeFit(const PackedStore& store, const MemoryLimit& limit, const CompileOptions& options,
               const Context& context, const HeldBeside& beside = {});
  /// The packed layer of a step, null where it has no parameters. Programs of other shapes may hold the same.
  const PackedLayer* packed(size_t step) const { return packed_[step].get(); }

 private:
  Program(Plan plan, Isa isa, int threads);

  Plan plan_;
  Isa isa_;
  int threads_;
  std::vector<std::shared_ptr<const PackedLayer>> packed_;  // by step
  std::shared_ptr<const Rims> rims_;                        // null without a window
};

}  // namespace fcn
