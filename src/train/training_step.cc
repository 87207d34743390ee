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

/// The shapes of the graph's inputs: the network's, those of labels behind them, and somewhere that of the seed.
std::vector<Nhwc> InputShapes(const Graph& graph, ValueId seed, std::span<const Nhwc> of_network) {
  const Nhwc& first = of_network[0];
  std::vector<Nhwc> shapes;
  size_t i = 0;
  for (const ValueId id : graph.inputs()) {
    if (id == seed)
      shapes.push_back({1, 1, 1, 1});
    else
      shapes.push_back(i < of_network.size() ? of_network[i++] : Nhwc{first.n, first.h, first.w, 1});
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

/// Whether all losses, the first outputs, are there before any gradient is handed over.
bool LossesAreFirst(const Plan& plan, size_t losses) {
  const std::span<const ValueId> outputs = std::span(plan.outputs).first(losses);
  for (const PlannedStep& planned : plan.steps) {
    const auto& fused = planned.step.tail.Get<TailLoss>();
    const ValueId written = fused ? fused->loss : planned.step.output;
    if (std::ranges::find(outputs, written) != outputs.end() && --losses == 0) return true;
    if (!planned.consumed.empty()) return false;
  }
  return false;
}

}  // namespace

TrainingStep::TrainingStep(const Graph& network, const TrainingFormOptions& form_options,
                           const std::function<bool(const Value&)>& wanted, std::span<const Nhwc> inputs,
                           const CompileOptions& options, const Context& context, GradientUse use)
    : use_(use) {
  FCN_CHECK(inputs.size() == network.inputs().size());
  TrainingForm form = MakeTrainingForm(network, form_options);
  if (options.image_window) form = ShortenPadding(std::move(form));
  const Differentiated step = Differentiate(form.graph, form.losses, wanted);
  const auto graph = std::make_shared<const Graph>(step.graph);
  seed_ = form.seed;
  const std::vector<Nhwc> shapes = InputShapes(*graph, seed_, inputs);
  if (use == GradientUse::kHandOver)
    program_ = std::make_unique<TrainingProgram>(graph, shapes, options, context, TrainingPlan{step.gradients});
  // Where a head comes before another's upsampling, gradients would be handed over before the loss is known to be a
  // number.
  const bool hands_over = program_ != nullptr && LossesAreFirst(program_->plan(), form.losses.size());
  if (!hands_over) program_ = std::make_unique<TrainingProgram>(graph, shapes, options, context);
  head_losses_.resize(form.losses.size());

  const Plan& plan = program_->plan();
  for (const ValueId id : plan.outputs) outputs_.emplace_back(plan.type(id).element, plan.shapes[id]);
  const auto values_of = [&](ValueId id) {
    const auto found = std::find(plan.outputs.begin(), plan.outputs.end(), id);
    FCN_CHECK(found != plan.outputs.end());
    return outputs_[static_cast<size_t>(found - plan.outputs.begin())].values<float>();
  };
  for (const ParameterGradient& gradient : step.gradients) {
    const Value& parameter = graph->value(gradient.parameter);
    trained_.push_back({parameter.name, parameter.parameter_shape.elements()});
    if (hands_over) continue;
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

std::span<const Gradient> TrainingStep::gradients() const {
  return use_ == GradientUse::kKeep ? gradients_ : std::span<const Gradient>();
}

float TrainingStep::SumLosses() {
  float sum = 0;
  for (size_t i = 0; i < head_losses_.size(); i++) sum += head_losses_[i] = *outputs_[i].values<float>().data();
  return sum;
}

float TrainingStep::Run(std::span<const TensorView<const float>> inputs,
                        std::span<const TensorView<const int32_t>> labels, uint64_t dropout_seed,
                        const WeightSource& weights, const Context& context, Profile* profile, GradientSink sink) {
  const Graph& graph = *program_->plan().graph;
  FCN_CHECK(labels.size() == head_losses_.size());
  FCN_CHECK(inputs.size() + labels.size() + (seed_ == kNoValue ? 0 : 1) == graph.inputs().size());
  std::vector<ConstAnyView> from;
  size_t i = 0;
  for (const ValueId id : graph.inputs()) {
    if (id == seed_)
      from.emplace_back(TensorView<const uint64_t>(&dropout_seed, {1, 1, 1, 1}));
    else if (i < inputs.size())
      from.emplace_back(inputs[i++]);
    else
      from.emplace_back(labels[i++ - inputs.size()]);
  }
  std::vector<AnyView> to;
  to.reserve(outputs_.size());
  for (AnyTensor& output : outputs_) to.push_back(output.view());
  const auto if_finite = [&](size_t parameter, int64_t first, std::span<const float> values) {
    if (std::isfinite(SumLosses())) sink(parameter, first, values);
  };
  program_->Run(from, to, weights, context, profile, if_finite);
  const float loss = SumLosses();
  if (use_ == GradientUse::kHandOver && std::isfinite(loss))
    for (size_t parameter = 0; parameter < gradients_.size(); parameter++)
      sink(parameter, 0, gradients_[parameter].values);
  return loss;
}

}  // namespace fcn
