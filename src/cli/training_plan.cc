#include "cli/training_plan.h"

#include <fmt/format.h>

#include "fcn/error.h"
#include "graph/classifier.h"
#include "graph/cost.h"

namespace fcn::cli {

TrainingPlanned PlanTraining(const Network& network, std::span<const Nhwc> inputs, const CommonOptions& common,
                             const Context& context) {
  if (IsClassifier(*network.graph))
    throw Error(
        ErrorCode::kUsage,
        fmt::format("{} is a classifier: it gives no class to a pixel, so there is no loss of pixels", network.name),
        fmt::format("Choose its fully convolutional form, fcn8s-{}.", network.name));
  CompileOptions options = common.compile_options();
  options.max_memory = 0;  // the step is not all that there is
  TrainingFormOptions form;
  if (const size_t heads = network.graph->outputs().size(); heads > 1) {
    form.heads.clear();
    for (size_t i = 0; i < heads; i++) form.heads.push_back({.name = fmt::format("{}", i), .weight = 1});
  }
  TrainingPlanned planned;
  planned.step = std::make_unique<TrainingStep>(
      *network.graph, form, [](const Value& value) { return value.name.find(".running_") == std::string::npos; },
      inputs, options, context, GradientUse::kHandOver);
  planned.weights = ParameterCount(*network.graph) * int64_t{sizeof(float)};
  for (const TrainedParameter& trained : planned.step->trained())
    planned.momentum += trained.elements * int64_t{sizeof(float)};
  return planned;
}

}  // namespace fcn::cli
