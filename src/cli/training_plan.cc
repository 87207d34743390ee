#include "cli/training_plan.h"

#include <fmt/format.h>

#include "fcn/error.h"
#include "graph/classifier.h"
#include "graph/cost.h"

namespace fcn::cli {

TrainingPlanned PlanTraining(const Network& network, const Nhwc& images, const CommonOptions& common,
                             const Context& context) {
  if (IsClassifier(*network.graph))
    throw Error(
        ErrorCode::kUsage,
        fmt::format("{} is a classifier: it gives no class to a pixel, so there is no loss of pixels", network.name),
        fmt::format("Choose its fully convolutional form, fcn8s-{}.", network.name));
  CompileOptions options = common.compile_options();
  options.max_memory = 0;  // the step is not all that there is
  TrainingPlanned planned;
  planned.step = std::make_unique<TrainingStep>(
      *network.graph, TrainingFormOptions{},
      [](const Value& value) { return value.name.find(".running_") == std::string::npos; }, images, options, context,
      GradientUse::kHandOver);
  planned.weights = ParameterCount(*network.graph) * int64_t{sizeof(float)};
  for (const TrainedParameter& trained : planned.step->trained())
    planned.momentum += trained.elements * int64_t{sizeof(float)};
  return planned;
}

}  // namespace fcn::cli
