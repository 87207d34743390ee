#include "cli/training_plan.h"

#include "graph/cost.h"

namespace fcn::cli {

TrainingPlanned PlanTraining(const Graph& network, const Nhwc& images, const CommonOptions& common,
                             const Context& context) {
  CompileOptions options = common.compile_options();
  options.max_memory = 0;  // the step is not all that there is
  TrainingPlanned planned;
  planned.step = std::make_unique<TrainingStep>(
      network, TrainingFormOptions{},
      [](const Value& value) { return value.name.find(".running_") == std::string::npos; }, images, options, context,
      GradientUse::kHandOver);
  planned.weights = ParameterCount(network) * int64_t{sizeof(float)};
  for (const TrainedParameter& trained : planned.step->trained())
    planned.momentum += trained.elements * int64_t{sizeof(float)};
  return planned;
}

}  // namespace fcn::cli
