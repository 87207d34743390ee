#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "fcn/function_ref.h"
#include "runtime/execute.h"
#include "runtime/rims.h"

namespace fcn {

/// A step on blank maps of which only the ends and a little between them are left.
struct BlankStep {
  size_t main_step = 0;  ///< of the windowed plan: the same operation and parameters
  std::shared_ptr<const StepKernel> kernel;
  std::vector<Nhwc> inputs;  ///< of the activations; the residual and the output have one shape and type
  std::vector<ElementType> input_types;
  Nhwc output;
  ElementType output_type;
  std::vector<int> input_rims;  ///< of the activations, an index of BlankRun::rims; -1 for the blank image itself
  bool has_residual = false;
  int residual_rim = -1;  ///< the same
};

/// The run that leaves the rims of a windowed plan behind: the steps that they depend on, each on the smallest blank
/// map that has all of its output's rim, which is stored and spread again for the next.
struct BlankRun {
  std::vector<BlankStep> steps;
  std::vector<Rim> rims;  ///< what each step leaves
  int64_t rim_bytes = 0;
  int64_t arena_bytes = 0;
};

/// The blank run for a plan of which only `parts` are computed. `make` chooses a step's kernel for other shapes.
/// None where that kernel differs from the plan's, so that it would pack weights of its own.
std::optional<BlankRun> MakeBlankRun(
    const Lowered& lowered, const Plan& main, const ByValue<Part>& parts,
    FunctionRef<std::unique_ptr<StepKernel>(const Step& step, const ByValue<Nhwc>& shapes)> make);

/// Runs it and stores the rims. `packed` is asked for the parameters of a step of the plan.
void ComputeRims(const BlankRun& blank, FunctionRef<const PackedLayer*(size_t main_step)> packed, Arena& arena,
                 const Context& context, uint8_t* rims);

}  // namespace fcn
