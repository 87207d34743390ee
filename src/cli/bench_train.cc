#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "cli/bench_network.h"
#include "cli/bench_timing.h"
#include "fcn/error.h"
#include "graph/channels.h"
#include "graph/cost.h"
#include "models/initialise.h"
#include "segment/dense_graph.h"
#include "tensor/random.h"
#include "train/momentum_step.h"
#include "train/optimiser.h"
#include "train/parameters.h"

namespace fcn::cli {
namespace {

/// A network's parameters, wherever they come from.
NamedTensors AllWeights(const TimedNetwork& network) {
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
  const TimedNetwork network = OpenTimedNetwork(options.model);
  const std::vector<Nhwc> shapes = PictureShapes(*network.graph, options.batch, size.height, size.width);

  Timing timing;
  auto start = std::chrono::steady_clock::now();
  const MomentumStep planned =
      MakeMomentumStep(network.name, *network.graph, shapes, common.compile_options(), context);
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

  std::vector<Tensor> inputs;
  std::vector<TensorView<const float>> input_views;
  for (const Nhwc& shape : shapes) {
    Tensor& input = inputs.emplace_back(shape);
    RandomImage(inputs.size() - 1, 1, shape.n * shape.h, shape.w, shape.c, input.values());
    input_views.push_back(std::as_const(input).view());
  }
  std::vector<LabelTensor> labels;
  std::vector<TensorView<const int32_t>> label_views;
  const ByValue<int64_t> channels = InferChannels(*network.graph);
  for (const ValueId output : network.graph->outputs()) {
    const auto classes = static_cast<uint64_t>(std::max<int64_t>(2, channels[output]));
    LabelTensor& of_head = labels.emplace_back(Nhwc{options.batch, size.height, size.width, 1});
    for (size_t i = 0; i < of_head.values().size(); i++)
      of_head.values()[i] = static_cast<int32_t>(RandomBits(labels.size() - 1, i) % classes);
    label_views.push_back(std::as_const(of_head).view());
  }

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
    step.Run(input_views, label_views, 0, parameters.Source(), context, profile, update);
  };
  TimeRuns(options, run, timing);
  return timing;
}

}  // namespace fcn::cli
