#include "graph/training_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fcn/error.h"
#include "graph/by_value.h"
#include "graph/channels.h"
#include "graph/two_classes.h"

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
          if (id == network_.inputs()[0]) AddSeed();
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
    for (size_t head = 0; head < network_.outputs().size(); head++) AddLoss(head);
    for (const BatchNormMoments& moments : form_.moments) form_.graph.AddOutput(moments.moments);
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
      form_.seed = form_.graph.AddInput("seed", 1, ElementType::kUint64);
  }

  template <typename T>
  ValueId MakeNode(const T& op, const Node& node) {
    std::vector<ValueId> inputs;
    inputs.reserve(node.inputs.size());
    for (ValueId id : node.inputs) inputs.push_back(Made(id));
    return form_.graph.AddNode(NameOf(node), op, std::move(inputs));
  }

  ValueId MakeNode(const Dropout& op, const Node& node) {
    const ValueId x = Made(node.inputs[0]);
    if (!options_.dropout) return x;
    return form_.graph.AddNode(NameOf(node), RandomDropout{.rate = op.rate, .stream = stream_++}, {x, form_.seed});
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

  void AddLoss(size_t i) {
    const HeadLoss& head = options_.heads[i];
    const auto name = [&](const char* value) { return HeadValueName(value, options_.heads.size(), head.name); };
    form_.scores.push_back(Made(network_.outputs()[i]));
    const ValueId labels = form_.graph.AddInput(name("labels"), 1, ElementType::kInt32);
    std::vector<ValueId> inputs = {TwoClassScores(form_.graph, form_.scores[i], name("two_classes")), labels};
    if (options_.class_weights) {
      const int64_t classes = InferChannels(form_.graph)[inputs[0]];
      inputs.push_back(form_.graph.AddParameter(name("class_weights"), {classes}));
    }
    const SoftmaxLoss op{.ignore_label = options_.ignore_label, .mean = options_.mean_loss, .weight = head.weight};
    form_.losses.push_back(form_.graph.AddNode(name("loss"), op, std::move(inputs)));
    form_.graph.AddOutput(form_.losses[i]);
  }

  const Graph& network_;
  const TrainingFormOptions& options_;
  TrainingForm form_;
  ByValue<ValueId> made_;  // what stands for each of the network's values
  ByValue<bool> is_statistic_, is_read_;
  int stream_ = 0;
};

}  // namespace

bool IsOfTraining(const Op& op) {
  // Those of gradient_ops.h come last in Op.
  return op.index() >= Op(RandomDropout{}).index();
}

std::string HeadValueName(const std::string& name, size_t heads, const std::string& head) {
  return heads > 1 ? fmt::format("{}.{}", name, head) : name;
}

TrainingForm MakeTrainingForm(const Graph& network, const TrainingFormOptions& options) {
  if (network.inputs().empty() || network.outputs().empty())
    throw Error(ErrorCode::kInput, "a network without inputs or outputs cannot be trained",
                "Train a network that segments: pictures in, maps of scores out.");
  if (network.outputs().size() != options.heads.size())
    throw Error(ErrorCode::kInput,
                fmt::format("a network of {} outputs cannot be trained with losses of {} heads",
                            network.outputs().size(), options.heads.size()),
                "Give each output one loss.");
  return Maker(network, options).Make();
}

}  // namespace fcn
