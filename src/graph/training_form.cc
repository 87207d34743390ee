#include "graph/training_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fcn/error.h"
#include "graph/by_value.h"
#include "graph/channels.h"

namespace fcn {
namespace {

class Maker {
 public:
  Maker(const Graph& network, const TrainingFormOptions& options)
      : network_(network), options_(options), made_(network, kNoValue), is_statistic_(network), is_read_(network) {
    for (const Node& node : network.nodes()) {
      const size_t read =
          options.batch_statistics && std::holds_alternative<BatchNorm>(node.op) ? 3 : node.inputs.size();
      for (size_t i = 0; i < node.inputs.size(); i++) (i < read ? is_read_ : is_statistic_)[node.inputs[i]] = true;
    }
  }

  TrainingForm Make() {
    // Values come in the order in which the network has them, so that its parameters do too.
    auto node = network_.nodes().begin();
    for (ValueId id = 0; id < network_.value_count(); id++) {
      const Value& value = network_.value(id);
      switch (value.kind) {
        case ValueKind::kInput:
          made_[id] = form_.graph.AddInput(value.name, value.channels, value.type);
          AddSeed();
          break;
        case ValueKind::kParameter:
          if (!IsReplaced(id)) made_[id] = form_.graph.AddParameter(value.name, value.parameter_shape);
          break;
        case ValueKind::kActivation:
          made_[id] = std::visit([&](const auto& op) { return MakeNode(op, *node); }, node->op);
          node++;
          break;
      }
    }
    AddLoss();
    return std::move(form_);
  }

 private:
  ValueId Made(ValueId id) const { return made_[id]; }
  const std::string& NameOf(const Node& node) const { return network_.value(node.output).name; }

  // Running statistics that nothing reads but batch norms that use the batch's own.
  bool IsReplaced(ValueId parameter) const { return is_statistic_[parameter] && !is_read_[parameter]; }

  void AddSeed() {
    const auto drops = [](const Node& node) { return std::holds_alternative<Dropout>(node.op); };
    if (options_.dropout && std::any_of(network_.nodes().begin(), network_.nodes().end(), drops))
      seed_ = form_.graph.AddInput("seed", 1, ElementType::kUint64);
  }

  template <typename T>
  ValueId MakeNode(const T& op, const Node& node) {
    std::vector<ValueId> inputs;
    for (ValueId id : node.inputs) inputs.push_back(Made(id));
    return form_.graph.AddNode(NameOf(node), op, std::move(inputs));
  }

  ValueId MakeNode(const Dropout& op, const Node& node) {
    const ValueId x = Made(node.inputs[0]);
    if (!options_.dropout) return x;
    return form_.graph.AddNode(NameOf(node), RandomDropout{.rate = op.rate, .stream = stream_++}, {x, seed_});
  }

  ValueId MakeNode(const BatchNorm& op, const Node& node) {
    if (!options_.batch_statistics) return MakeNode<BatchNorm>(op, node);
    const ValueId x = Made(node.inputs[0]);
    const ValueId moments = form_.graph.AddNode(NameOf(node) + ".moments", BatchMoments{}, {x});
    form_.moments.push_back({.moments = moments,
                             .running_mean = network_.value(node.inputs[3]).name,
                             .running_variance = network_.value(node.inputs[4]).name});
    return form_.graph.AddNode(NameOf(node), Normalise{.epsilon = op.epsilon},
                               {x, moments, Made(node.inputs[1]), Made(node.inputs[2])});
  }

  void AddLoss() {
    const ValueId output = network_.outputs()[0];
    form_.scores = Made(output);
    std::vector<ValueId> inputs = {form_.scores, form_.graph.AddInput("labels", 1, ElementType::kInt32)};
    if (options_.class_weights) {
      const int64_t classes = InferChannels(network_)[output];
      inputs.push_back(form_.graph.AddParameter("class_weights", {classes}));
    }
    form_.loss = form_.graph.AddNode(
        "loss", SoftmaxLoss{.ignore_label = options_.ignore_label, .mean = options_.mean_loss}, std::move(inputs));
    form_.graph.AddOutput(form_.loss);
    for (const BatchNormMoments& moments : form_.moments) form_.graph.AddOutput(moments.moments);
  }

  const Graph& network_;
  const TrainingFormOptions& options_;
  TrainingForm form_;
  ByValue<ValueId> made_;  // what stands for each of the network's values
  ByValue<bool> is_statistic_, is_read_;
  ValueId seed_ = kNoValue;
  int stream_ = 0;
};

}  // namespace

bool IsOfTraining(const Op& op) {
  // Those of gradient_ops.h come last in Op.
  return op.index() >= Op(RandomDropout{}).index();
}

TrainingForm MakeTrainingForm(const Graph& network, const TrainingFormOptions& options) {
  if (network.inputs().size() != 1 || network.outputs().size() != 1)
    throw Error(ErrorCode::kInput,
                fmt::format("a network to train has one input and one output, not {} and {}", network.inputs().size(),
                            network.outputs().size()),
                "Train a network that segments: one picture in, one map of scores out.");
  return Maker(network, options).Make();
}

}  // namespace fcn
