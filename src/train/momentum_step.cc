#include "train/momentum_step.h"

#include <fmt/format.h>

#include "fcn/error.h"
#include "graph/classifier.h"
#include "graph/cost.h"

namespace fcn {

MomentumStep MakeMomentumStep(const std::string& network, const Graph& graph, std::span<const Nhwc> inputs,
                              CompileOptions options, const Context& context) {
  if (IsClassifier(graph))
    throw Error(ErrorCode::kUsage,
                fmt::format("{} is a classifier: it gives no class to a pixel, so there is no loss of pixels", network),
                fmt::format("Choose its fully convolutional form, fcn8s-{}.", network));
  options.max_memory = 0;  // the step is not all that there is
  TrainingFormOptions form;
  if (const size_t heads = graph.outputs().size(); heads > 1) {
    form.heads.clear();
    for (size_t i = 0; i < heads; i++) form.heads.push_back({.name = fmt::format("{}", i), .weight = 1});
  }
  MomentumStep planned;
  planned.step = std::make_unique<TrainingStep>(
      graph, form, [](const Value& value) { return value.name.find(".running_") == std::string::npos; }, inputs,
      options, context, GradientUse::kHandOver);
  planned.weights = ParameterCount(graph) * int64_t{sizeof(float)};
  for (const TrainedParameter& trained : planned.step->trained())
    planned.momentum += trained.elements * int64_t{sizeof(float)};
  return planned;
}

}  // namespace fcn
