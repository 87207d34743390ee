#include <memory>

#include "graph/channels.h"
#include "graph/text.h"
#include "graph_inputs.h"
#include "graph_mutator.h"
#include "runtime/program.h"
#include "train/training_step.h"

namespace fcn::fuzz {
namespace {

std::vector<AnyTensor> Run(const std::shared_ptr<const Graph>& graph, const std::vector<Nhwc>& shapes,
                           const CompileOptions& options) {
  PackedStore store;
  const auto program = Program::Compile(graph, shapes, SmallWeights(), store, options, OneThread());
  std::vector<AnyTensor> inputs, outputs;
  for (size_t i = 0; i < shapes.size(); i++)
    inputs.push_back(SmallInput(graph->value(graph->inputs()[i]).type.element, shapes[i]));
  for (const ValueId id : program->plan().outputs)
    outputs.emplace_back(program->plan().type(id).element, program->plan().shapes[static_cast<size_t>(id)]);
  std::vector<ConstAnyView> from;
  std::vector<AnyView> to;
  for (const AnyTensor& input : inputs) from.push_back(input.view());
  for (AnyTensor& output : outputs) to.push_back(output.view());
  Arena arena;
  program->Run(from, to, arena, OneThread());
  return outputs;
}

/// Runs with all that makes it faster, and with direct sums: then what the image window leaves out changes no bit.
void RunAt(const std::shared_ptr<const Graph>& graph, const std::vector<Nhwc>& shapes) {
  Accepts([&] {
    if (!IsSmall(*graph, shapes)) return;
    CompileOptions options{.winograd = true, .disabled_passes = {}, .image_window = true, .max_memory = kMostBytes};
    Run(graph, shapes, options);
    options.winograd = false;
    const std::vector<AnyTensor> window = Run(graph, shapes, options);
    options.image_window = false;
    const std::vector<AnyTensor> whole = Run(graph, shapes, options);
    for (size_t i = 0; i < whole.size(); i++)
      Require(SameValues(window[i], whole[i]), "an image window changes no bit");
  });
}

/// A step of training, with gradients kept and handed over: the same loss.
void TrainAt(const Graph& network, const std::vector<Nhwc>& shapes) {
  const auto wanted = [](const Value& value) { return value.name.find(".running_") == std::string::npos; };
  Accepts([&] {
    if (!IsSmall(network, shapes)) return;
    std::vector<Tensor> inputs;
    std::vector<TensorView<const float>> from;
    for (const Nhwc& shape : shapes) inputs.push_back(SmallImage(shape));
    for (const Tensor& input : inputs) from.push_back(input.view());
    std::vector<LabelTensor> labels;
    std::vector<TensorView<const int32_t>> seen;
    TrainingFormOptions form{.class_weights = true, .heads = {}};
    for (const ValueId output : network.outputs()) {
      const int64_t classes = std::max<int64_t>(2, InferChannels(network)[output]);  // one channel tells two apart
      LabelTensor& of_head = labels.emplace_back(Nhwc{shapes[0].n, shapes[0].h, shapes[0].w, 1});
      for (size_t i = 0; i < of_head.values().size(); i++)
        of_head.values()[i] = i % 5 == 4 ? 255 : static_cast<int32_t>(static_cast<int64_t>(i) % classes);
      form.heads.push_back({.name = std::to_string(labels.size()), .weight = 0.5f});
    }
    for (const LabelTensor& of_head : labels) seen.push_back(of_head.view());
    const CompileOptions options{
        .winograd = true, .disabled_passes = {}, .image_window = true, .max_memory = 8 * kMostBytes};
    TrainingStep kept(network, form, wanted, shapes, options, OneThread(), GradientUse::kKeep);
    TrainingStep handed(network, form, wanted, shapes, options, OneThread(), GradientUse::kHandOver);
    const float a = kept.Run(from, seen, 1, SmallWeights(), OneThread());
    const float b = handed.Run(from, seen, 1, SmallWeights(), OneThread());
    Require(SameValues({&a, 1}, {&b, 1}), "a loss does not depend on what becomes of the gradients");
  });
}

}  // namespace
}  // namespace fcn::fuzz

/// Any text as a graph without what training adds, as in model files, that is planned, packed and run on tiny images,
/// where it is small; and as a network that is trained by a step.
FUZZ_TARGET(graph_run) {
  using namespace fcn;
  if (size > 4096) return -1;
  fuzz::Accepts([&] {
    const auto graph = std::make_shared<const Graph>(ParseGraph(std::string(fuzz::Text(data, size))));
    const auto of_training = [](const Node& node) { return IsOfTraining(node.op); };
    if (graph->inputs().empty() || graph->outputs().empty() || std::ranges::any_of(graph->nodes(), of_training)) return;
    fuzz::RunAt(graph, fuzz::InputShapes(*graph, 1, 9, 11));
    fuzz::RunAt(graph, fuzz::InputShapes(*graph, 2, 33, 40));
    const auto is_picture = [&](ValueId input) { return graph->value(input).type == ValueType(); };
    if (std::ranges::all_of(graph->inputs(), is_picture)) fuzz::TrainAt(*graph, fuzz::InputShapes(*graph, 2, 11, 9));
  });
  return 0;
}
