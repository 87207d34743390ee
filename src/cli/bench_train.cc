#include <fmt/format.h>

#include <map>

#include "cli/bench_timing.h"
#include "cli/network.h"
#include "cli/training_plan.h"
#include "fcn/error.h"
#include "graph/cost.h"
#include "models/initialise.h"
#include "tensor/random.h"
#include "train/optimiser.h"
#include "train/parameters.h"

namespace fcn::cli {
namespace {

/// A network's parameters, wherever they come from.
NamedTensors AllWeights(const Network& network) {
  NamedTensors weights;
  for (const ValueId id : network.graph->Parameters()) {
    const Value& parameter = network.graph->value(id);
    weights.emplace(parameter.name,
                    StoredTensor::FromFloats(parameter.parameter_shape, network.weights(parameter).values));
  }
  return weights;
}

}  // namespace

Timing TimeTraining(const BenchOptions& options, const CommonOptions& common) {
  const ImageSize size = ParseSize(options.size);
  const Context context(common.threads, common.chosen_isa());
  const Network network = OpenNetwork(options.model);
  const Nhwc shape{options.batch, size.height, size.width, network.input_channels()};

  Timing timing;
  auto start = std::chrono::steady_clock::now();
  const TrainingPlanned planned = PlanTraining(network, shape, common, context);
  TrainingStep& step = *planned.step;
  timing.compile_ms = MillisecondsSince(start);
  for (int64_t count : MultiplyAdds(*step.plan().graph, step.plan().shapes))
    timing.multiply_adds += static_cast<double>(count);

  timing.planned_bytes = planned.bytes();
  CheckMemory(timing.planned_bytes, common.memory_limit);

  Parameters parameters(*network.graph, AllWeights(network));
  const Optimiser optimiser({.solver = Solver::kSgd, .momentum = 0.9, .weight_decay = 0});
  std::map<std::string, std::vector<float>> momentum;
  for (const TrainedParameter& trained : step.trained())
    momentum[trained.name].resize(static_cast<size_t>(trained.elements));

  const std::string& scores_name = network.graph->value(network.graph->outputs()[0]).name;
  const Nhwc& scores = step.plan().shapes[static_cast<size_t>(step.plan().graph->Find(scores_name))];
  Tensor images(shape);
  RandomImage(0, 1, shape.n * shape.h, shape.w, shape.c, images.values());
  LabelTensor labels({shape.n, shape.h, shape.w, 1});
  for (size_t i = 0; i < labels.values().size(); i++)
    labels.values()[i] = static_cast<int32_t>(RandomBits(0, i) % static_cast<uint64_t>(scores.c));

  int64_t steps = 0;
  const auto run = [&](Profile* profile) {
    steps++;
    const auto update = [&](size_t i, int64_t first, std::span<const float> gradient) {
      const std::string& name = step.trained()[i].name;
      const auto part = [&](std::span<float> whole) {
        return whole.subspan(static_cast<size_t>(first), gradient.size());
      };
      const std::span<float> state = part(momentum[name]);
      if (!optimiser.Update(context, part(parameters.at(name)), gradient, std::span(&state, 1),
                            {.rate = 1e-10, .step = steps}))
        throw Error(
            ErrorCode::kInput, fmt::format("the gradient of {} is no number", name),
            "Its weights give numbers that float32 cannot hold: time another model, or the network by its name.");
    };
    step.Run(std::as_const(images).view(), std::as_const(labels).view(), 0, parameters.Source(), context, profile,
             update);
  };
  TimeRuns(options, run, timing);
  return timing;
}

}  // namespace fcn::cli
