#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/function_ref.h"
#include "runtime/execute.h"
#include "runtime/rims.h"

namespace fcn {

/// The run that leaves the rims of a windowed plan behind: its first steps, on the smallest blank image that has them
/// all.
struct BlankRun {
  Plan plan;                       ///< its outputs are the values with rims, in the order of `rims`
  std::vector<size_t> main_steps;  ///< by step: the step of the windowed plan with the same parameters
  std::vector<Rim> rims;
  int64_t rim_floats = 0;

  /// Of the arena: its own plan's, its input and its outputs.
  int64_t arena_bytes() const;
};

/// The blank run of a plan of `lowered` of which only `parts` are computed. None where the kernels that it would choose
/// differ from the plan's, so that it would pack weights of its own.
std::optional<BlankRun> MakeBlankRun(
    const Lowered& lowered, const Plan& main, std::span<const Part> parts,
    FunctionRef<Plan(Lowered part, std::vector<Nhwc> input_shapes, std::vector<Nhwc> shapes)> plan_steps);

/// Runs it and stores the rims.
void ComputeRims(const BlankRun& blank, FunctionRef<const PackedLayer*(size_t main_step)> packed, Arena& arena,
                 const Context& context, float* rims);

}  // namespace fcn
