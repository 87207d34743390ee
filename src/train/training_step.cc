#include "train/training_step.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "graph/by_value.h"
#include "graph/differentiate.h"
#include "graph/shorten_padding.h"

namespace fcn {
namespace {

/// The shapes of the graph's inputs, in its order.
std::vector<Nhwc> InputShapes(const Graph& graph, const Nhwc& images) {
  std::vector<Nhwc> shapes;
  for (const ValueId id : graph.inputs()) {
    const std::string& name = graph.value(id).name;
    if (name == "labels") {
      shapes.push_back({images.n, images.h, images.w, 1});
    } else if (name == "seed") {
      shapes.push_back({1, 1, 1, 1});
    } else {
      shapes.push_back(images);
    }
  }
  return shapes;
}

/// Values of each channel that the moments are taken of.
int64_t CountOf(const Graph& graph, ValueId moments, const ByValue<Nhwc>& shapes) {
  const auto node = std::find_if(graph.nodes().begin(), graph.nodes().end(),
                                 [&](const Node& candidate) { return candidate.output == moments; });
  FCN_CHECK(node != graph.nodes().end());
  return shapes[node->inputs[0]].pixels();
}

/// Whether the loss is there before any gradient is handed over.
bool LossIsFirst(const Plan& plan) {
  for (const PlannedStep& planned : plan.steps) {
    const auto& fused = planned.step.tail.Get<TailLoss>();
    if (planned.step.output == plan.outputs[0] || (fused && fused->loss == plan.outputs[0])) return true;
    if (!planned.consumed.empty()) return false;
  }
  return false;
}

}  // namespace

TrainingStep::TrainingStep(const Graph& network, const TrainingFormOptions& form_options,
                           const std::function<bool(const Value&)>& wanted, const Nhwc& images,
                           const CompileOptions& options, const Context& context, GradientUse use) {
  TrainingForm form = MakeTrainingForm(network, form_options);
  if (options.image_window) form = ShortenPadding(std::move(form));
  const Differentiated step = Differentiate(form.graph, form.loss, wanted);
  const auto graph = std::make_shared<const Graph>(step.graph);
  TrainingPlan training;
  if (use == GradientUse::kHandOver) training.consumed = step.gradients;
  program_ = std::make_unique<TrainingProgram>(graph, InputShapes(*graph, images), options, context, training);

  const Plan& plan = program_->plan();
  for (const ValueId id : plan.outputs) outputs_.emplace_back(plan.type(id).element, plan.shapes[id]);
  FCN_CHECK(LossIsFirst(plan));
  const auto values_of = [&](ValueId id) {
    const auto found = std::find(plan.outputs.begin(), plan.outputs.end(), id);
    FCN_CHECK(found != plan.outputs.end());
    return outputs_[static_cast<size_t>(found - plan.outputs.begin())].values<float>();
  };
  for (const ParameterGradient& gradient : step.gradients) {
    const Value& parameter = graph->value(gradient.parameter);
    trained_.push_back({parameter.name, parameter.parameter_shape.elements()});
    if (use == GradientUse::kHandOver) continue;
    gradients_.push_back({parameter.name, values_of(gradient.gradient)
                                              .subspan(static_cast<size_t>(gradient.offset),
                                                       static_cast<size_t>(parameter.parameter_shape.elements()))});
  }
  for (const BatchNormMoments& moments : form.moments) {
    const std::span<const float> values = values_of(moments.moments);
    statistics_.push_back({moments.running_mean, moments.running_variance, values.first(values.size() / 2),
                           values.last(values.size() / 2), CountOf(*graph, moments.moments, plan.shapes)});
  }
}

float TrainingStep::Run(TensorView<const float> images, TensorView<const int32_t> labels, uint64_t dropout_seed,
                        const WeightSource& weights, const Context& context, Profile* profile, GradientSink sink) {
  const Graph& graph = *program_->plan().graph;
  std::vector<ConstAnyView> inputs;
  for (const ValueId id : graph.inputs()) {
    const std::string& name = graph.value(id).name;
    if (name == "labels") {
      inputs.emplace_back(labels);
    } else if (name == "seed") {
      inputs.emplace_back(TensorView<const uint64_t>(&dropout_seed, {1, 1, 1, 1}));
    } else {
      inputs.emplace_back(images);
    }
  }
  std::vector<AnyView> outputs;
  for (AnyTensor& output : outputs_) outputs.push_back(output.view());
  const float* const loss = outputs_[0].values<float>().data();
  const auto if_finite = [&](size_t i, int64_t first, std::span<const float> values) {
    if (std::isfinite(*loss)) sink(i, first, values);
  };
  program_->Run(inputs, outputs, weights, context, profile, if_finite);
  return *loss;
}

}  // namespace fcn
