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
void TrainAt(const Graph& network, const Nhwc& images) {
  const auto wanted = [](const Value& value) { return value.name.find(".running_") == std::string::npos; };
  Accepts([&] {
    if (!IsSmall(network, {images})) return;
    const Tensor image = SmallImage(images);
    LabelTensor labels({images.n, images.h, images.w, 1});
    const int64_t classes = InferChannels(network)[static_cast<size_t>(network.outputs()[0])];
    for (size_t i = 0; i < labels.values().size(); i++)
      labels.values()[i] = i % 5 == 4 ? 255 : static_cast<int32_t>(static_cast<int64_t>(i) % classes);
    const CompileOptions options{
        .winograd = true, .disabled_passes = {}, .image_window = true, .max_memory = 8 * kMostBytes};
    TrainingStep kept(network, {.class_weights = true}, wanted, images, options, OneThread(), GradientUse::kKeep);
    TrainingStep handed(network, {.class_weights = true}, wanted, images, options, OneThread(), GradientUse::kHandOver);
    const float a = kept.Run(image.view(), labels.view(), 1, SmallWeights(), OneThread());
    const float b = handed.Run(image.view(), labels.view(), 1, SmallWeights(), OneThread());
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
    const bool takes_pictures = graph->inputs().size() == 1 && graph->value(graph->inputs()[0]).type == ValueType();
    if (takes_pictures) fuzz::TrainAt(*graph, fuzz::InputShapes(*graph, 2, 11, 9)[0]);
  });
  return 0;
}
