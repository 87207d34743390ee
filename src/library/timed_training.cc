#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "fcn/error.h"
#include "graph/channels.h"
#include "graph/cost.h"
#include "library/runtime_access.h"
#include "library/timed_network.h"
#include "runtime/memory_limit.h"
#include "segment/dense_graph.h"
#include "tensor/random.h"
#include "train/momentum_step.h"
#include "train/optimiser.h"
#include "train/parameters.h"

namespace fcn {
namespace {

/// A network's parameters, wherever they come from.
NamedTensors AllWeights(const TimedSource& source) {
  NamedTensors weights;
  for (const ValueId id : source.graph->Parameters()) {
    const Value& parameter = source.graph->value(id);
    weights.emplace(parameter.name,
                    StoredTensor::FromFloats(parameter.parameter_shape, source.weights(parameter).values));
  }
  return weights;
}

/// One for each head, of classes that it tells apart.
std::vector<LabelTensor> RandomLabels(const Graph& graph, const Nhwc& shape) {
  std::vector<LabelTensor> labels;
  const ByValue<int64_t> channels = InferChannels(graph);
  for (const ValueId output : graph.outputs()) {
    const auto classes = static_cast<uint64_t>(std::max<int64_t>(2, channels[output]));
    LabelTensor& of_head = labels.emplace_back(shape);
    for (size_t i = 0; i < of_head.values().size(); i++)
      of_head.values()[i] = static_cast<int32_t>(RandomBits(labels.size() - 1, i) % classes);
  }
  return labels;
}

class Training final : public TimedWork {
 public:
  Training(const TimedSource& source, const TimingOptions& options, const PictureSize& size, const Runtime& runtime)
      : runtime_(runtime), context_(RuntimeAccess::ContextOf(runtime_)) {
    const Graph& graph = *source.graph;
    const std::vector<Nhwc> shapes = PictureShapes(graph, options.pictures, size.height, size.width);
    const auto start = std::chrono::steady_clock::now();
    MomentumStep planned =
        MakeMomentumStep(source.network.name(), graph, shapes, RuntimeAccess::CompileOptionsOf(runtime), context_);
    compile_ms = MillisecondsSince(start);
    planned_bytes = planned.bytes();
    step_ = std::move(planned.step);
    const Plan& plan = step_->plan();
    for (const int64_t count : MultiplyAdds(*plan.graph, plan.shapes)) multiply_adds += static_cast<double>(count);
    CheckMemory(planned_bytes, runtime.options().max_memory);

    parameters_ = Parameters(graph, AllWeights(source));
    for (const TrainedParameter& trained : step_->trained())
      momentum_[trained.name].resize(static_cast<size_t>(trained.elements));
    inputs_ = RandomInputs(shapes);
    labels_ = RandomLabels(graph, {options.pictures, size.height, size.width, 1});
  }

  void Run(Profile* profile) override {
    std::vector<TensorView<const float>> inputs;
    inputs.reserve(inputs_.size());
    for (const Tensor& input : inputs_) inputs.push_back(input.view());
    std::vector<TensorView<const int32_t>> labels;
    labels.reserve(labels_.size());
    for (const LabelTensor& of_head : labels_) labels.push_back(of_head.view());
    steps_++;
    const auto update = [&](size_t i, int64_t first, std::span<const float> gradient) {
      Update(step_->trained()[i].name, static_cast<size_t>(first), gradient);
    };
    step_->Run(inputs, labels, 0, parameters_.Source(), context_, profile, update);
  }

 private:
  /// Some of a parameter's elements, from `first` on.
  void Update(const std::string& name, size_t first, std::span<const float> gradient) {
    const auto part = [&](std::span<float> whole) { return whole.subspan(first, gradient.size()); };
    const std::span<float> state = part(momentum_[name]);
    if (!optimiser_.Update(context_, part(parameters_.at(name)), gradient, std::span(&state, 1),
                           {.rate = 1e-10, .step = steps_}))
      throw Error(ErrorCode::kInput, fmt::format("the gradient of {} is no number", name),
                  "Its weights give numbers that float32 cannot hold: time another model, or the network by its name.");
  }

  Runtime runtime_;
  const Context& context_;
  std::unique_ptr<TrainingStep> step_;
  Parameters parameters_;
  Optimiser optimiser_{{.solver = Solver::kSgd, .momentum = 0.9, .weight_decay = 0}};
  std::map<std::string, std::vector<float>> momentum_;
  std::vector<Tensor> inputs_;
  std::vector<LabelTensor> labels_;
  int64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<TimedWork> MakeTimedTraining(const TimedSource& source, const TimingOptions& options,
                                             const PictureSize& size, const Runtime& runtime) {
  return std::make_unique<Training>(source, options, size, runtime);
}

}  // namespace fcn
