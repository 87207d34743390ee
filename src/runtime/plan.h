#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "fcn/inspection.h"
#include "graph/differentiate.h"
#include "graph/lowered.h"
#include "runtime/image_window.h"
#include "runtime/memory_limit.h"
#include "runtime/steps/step_kernel.h"

namespace fcn {

struct BlankRun;

struct CompileOptions {
  bool winograd = true;                      ///< false: only kernels that sum every product directly
  std::vector<std::string> disabled_passes;  ///< by name, see AllPasses()
  bool image_window = true;                  ///< false: what padding alone decides is computed for every image
  int64_t max_memory = 0;                    ///< bytes that may be planned for; 0: what is available
};

/// What a plan for training has beside. Weights change between its runs.
struct TrainingPlan {
  /// Outputs of the graph that are gradients, to be taken one by one as soon as nothing reads their parameter any more:
  /// they are no outputs of the plan, and need memory only until then.
  std::vector<ParameterGradient> consumed;
};

/// A step with its kernel and its place in memory.
struct PlannedStep {
  Step step;
  std::shared_ptr<const StepKernel> kernel;
  int64_t scratch_offset = 0;    ///< bytes in the arena
  std::vector<size_t> consumed;  ///< of Plan::consumed, those to take when the step is done
};

/// What will run for inputs of these shapes, and where every byte of it goes: no weights yet, so that `fcn info` can
/// tell what a model would need. Immutable.
struct Plan {
  std::shared_ptr<const Graph> graph;
  std::vector<Nhwc> input_shapes;
  ByValue<Nhwc> shapes;
  std::vector<PlannedStep> steps;
  std::vector<ValueId> outputs;       ///< as the graph's, or values that passes found equal to them
  ByValue<int64_t> offsets;           ///< bytes in the arena; -1 for inputs, parameters and outputs
  std::vector<int64_t> note_offsets;  ///< bytes in the arena by Step::note
  std::vector<ParameterGradient> consumed;
  MemoryForecast memory;

  /// Where only the image's window is computed (image_window.h); empty where everything is.
  ByValue<Part> parts;
  std::shared_ptr<const BlankRun> blank;  ///< the run that computes the rims of the parts

  /// What a step reads of one of its inputs, and what it computes of its output.
  Region ReadBy(const Step& step, ValueId input) const;
  Region ComputedBy(const Step& step) const;
  const ValueType& type(ValueId id) const { return graph->value(id).type; }
  /// Bytes of one channel of one pixel.
  int64_t element_bytes(ValueId id) const { return ElementSize(type(id).element); }
  /// The shape of a value in memory: what is kept of it.
  Nhwc stored(ValueId id) const;
  int64_t stored_bytes(ValueId id) const { return stored(id).elements() * element_bytes(id); }
};

/// Lowers and plans. Throws Error(kInput) where the shapes do not fit the graph (see InferShapes), Error(kUsage) for
/// the name of a pass that does not exist.
Plan MakePlan(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs, const CompileOptions& options,
              const Context& context);
/// The same for training.
Plan MakePlan(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs, const CompileOptions& options,
              const Context& context, const TrainingPlan& training);

}  // namespace fcn
