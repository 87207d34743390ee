#pragma once

#include <span>

#include "base/context.h"
#include "fcn/function_ref.h"
#include "fcn/profile.h"
#include "runtime/plan.h"
#include "tensor/any_tensor.h"

namespace fcn {

/// The memory of one request. Grows to what the largest program asked of it; reused from run to run. Not thread-safe:
/// each concurrent request has its own.
class Arena {
 public:
  /// At least `bytes`, 64-byte aligned; earlier content may be lost. Throws Error(kMemory).
  uint8_t* Reserve(int64_t bytes);
  void Release();
  int64_t bytes() const { return bytes_; }

 private:
  AlignedBuffer<uint8_t> memory_;
  int64_t bytes_ = 0;
};

/// Takes gradient i of Plan::consumed: elements [first, first + values.size()) of its parameter, in the parameter's own
/// order. Nothing reads these elements of the parameter any more in this run, so they may change. It is called on any
/// of the context's threads, but never twice at once.
using GradientSink = FunctionRef<void(size_t i, int64_t first, std::span<const float> values)>;
inline constexpr auto kIgnoreGradients = [](size_t, int64_t, std::span<const float>) {};

/// Runs the steps of a plan in order. `inputs` and `outputs` have the plan's shapes and types, in the graph's order.
/// `packed` is asked for a step's parameters right before the
/// step runs. `rims` as ComputeRims wrote them, where the plan is of an image window. `sink` takes the gradients that
/// the plan's outputs do not have. With a profile, adds each step's time to it, packing included where it happens here.
/// Throws Error(kCancelled) between steps, Error(kUsage) where a shape or a type differs.
void RunPlan(const Plan& plan, std::span<const ConstAnyView> inputs, std::span<const AnyView> outputs,
             FunctionRef<const PackedLayer*(size_t step)> packed, Arena& arena, const Context& context,
             Profile* profile = nullptr, const uint8_t* rims = nullptr, GradientSink sink = kIgnoreGradients);

}  // namespace fcn
