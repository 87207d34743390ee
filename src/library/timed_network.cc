#include "library/timed_network.h"

#include "library/model_access.h"
#include "library/network_access.h"
#include "models/initialise.h"

namespace fcn {
namespace {

TimedSource TimedSourceOf(const Model& model) {
  const ModelContents& contents = *ModelAccess::ContentsOf(model);
  return {model.network(), contents.graph, SourceOf(contents.weights)};
}

TimedSource TimedSourceOf(const Network& network) {
  const std::shared_ptr<const Graph>& graph = NetworkAccess::GraphOf(network);
  for (const ValueId id : graph->Parameters())
    CheckHasBeginning(graph->value(id).name, graph->value(id).parameter_shape);
  return {network, graph, SourceOf([](const Value& parameter) {
            return RandomParameter(parameter.name, parameter.parameter_shape, 0);
          })};
}

std::unique_ptr<TimedWork> MakeWork(const TimedSource& source, const TimingOptions& options, const Runtime& runtime) {
  const PictureSize size = SizeOf(source.network, options.width, options.height, options.pictures);
  return options.work == TimingOptions::Work::kTraining ? MakeTimedTraining(source, options, size, runtime)
                                                        : MakeTimedInference(source, options, size, runtime);
}

}  // namespace

std::vector<Tensor> RandomInputs(const std::vector<Nhwc>& shapes) {
  std::vector<Tensor> inputs;
  for (const Nhwc& shape : shapes) {
    Tensor& input = inputs.emplace_back(shape);
    RandomImage(inputs.size() - 1, 1, shape.n * shape.h, shape.w, shape.c, input.values());
  }
  return inputs;
}

TimedNetwork::TimedNetwork(const Model& model, const TimingOptions& options, const Runtime& runtime)
    : work_(MakeWork(TimedSourceOf(model), options, runtime)) {}
TimedNetwork::TimedNetwork(const Network& network, const TimingOptions& options, const Runtime& runtime)
    : work_(MakeWork(TimedSourceOf(network), options, runtime)) {}
TimedNetwork::~TimedNetwork() = default;
TimedNetwork::TimedNetwork(TimedNetwork&&) noexcept = default;
TimedNetwork& TimedNetwork::operator=(TimedNetwork&&) noexcept = default;

double TimedNetwork::compile_ms() const { return work_->compile_ms; }
double TimedNetwork::multiply_adds() const { return work_->multiply_adds; }
int64_t TimedNetwork::planned_bytes() const { return work_->planned_bytes; }

double TimedNetwork::Run(Profile* profile) {
  const auto start = std::chrono::steady_clock::now();
  work_->Run(profile);
  return MillisecondsSince(start);
}

std::optional<double> TimedNetwork::NewSizeMilliseconds() { return work_->NewSizeMilliseconds(); }

}  // namespace fcn
