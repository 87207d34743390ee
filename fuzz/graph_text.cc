#include "graph/text.h"

#include <memory>

#include "graph/coordinates.h"
#include "graph/cost.h"
#include "graph/differentiate.h"
#include "graph/passes/passes.h"
#include "graph/shapes.h"
#include "graph/shorten_padding.h"
#include "graph_inputs.h"
#include "graph_mutator.h"
#include "runtime/plan.h"

namespace fcn::fuzz {
namespace {

/// Every rule about a graph for one size of images, and the plan. Each may refuse; what is accepted must be sound.
void UseAt(const std::shared_ptr<const Graph>& graph, const std::vector<Nhwc>& inputs) {
  Accepts([&] {
    const std::vector<Nhwc> shapes = InferShapes(*graph, inputs);
    Require(shapes.size() == graph->values().size(), "every value has a shape");
    for (const ValueId id : graph->outputs()) {
      const Nhwc& shape = shapes[static_cast<size_t>(id)];
      Require(shape.n > 0 && shape.h > 0 && shape.w > 0 && shape.c > 0, "shapes have no empty side");
    }
    Accepts([&] { InferCoordinates(*graph, shapes); });
    Accepts([&] { MultiplyAdds(*graph, shapes); });
    Accepts([&] {
      Lowered lowered = Lower(graph);
      Verify(lowered);
      lowered.shapes = shapes;
      RunPasses(lowered);
    });
    for (const bool whole : {false, true})
      Accepts([&] {
        const Plan plan =
            MakePlan(graph, inputs, {.winograd = !whole, .disabled_passes = {}, .image_window = !whole}, OneThread());
        Require(plan.memory.peak() >= 0 && plan.memory.arena >= 0, "a forecast is not negative");
      });
  });
}

void Train(const Graph& network, TrainingFormOptions options) {
  options.heads.clear();
  for (size_t i = 0; i < network.outputs().size(); i++)
    options.heads.push_back({.name = std::to_string(i), .weight = i % 2 == 0 ? 1 : 0.5f});
  const auto wanted = [](const Value& value) { return value.name.find(".running_") == std::string::npos; };
  Accepts([&] {
    const TrainingForm form = MakeTrainingForm(network, options);
    for (const bool shorten : {false, true}) {
      const TrainingForm used = shorten ? ShortenPadding(form) : form;
      Accepts([&] {
        const Differentiated step = Differentiate(used.graph, used.losses, wanted);
        const auto graph = std::make_shared<const Graph>(step.graph);
        Require(ParseGraph(PrintGraph(*graph)) == *graph, "a differentiated graph comes back from its text");
        for (const int64_t side : {17, 64}) {
          const std::vector<Nhwc> inputs = InputShapes(*graph, 2, side, side + 3);
          Accepts([&] {
            MakePlan(graph, inputs, {}, OneThread(), {.consumed = step.gradients});
            MakePlan(graph, inputs, {}, OneThread());
          });
        }
      });
    }
  });
}

}  // namespace
}  // namespace fcn::fuzz

/// Any text as a graph: what is read prints and is read again as it was, and every rule about it either refuses with an
/// Error or holds, for images of any size, as it stands and in the form for training.
FUZZ_TARGET(graph_text) {
  using namespace fcn;
  if (size > 8192) return -1;
  fuzz::Accepts([&] {
    const auto graph = std::make_shared<const Graph>(ParseGraph(std::string(fuzz::Text(data, size))));
    fuzz::Require(ParseGraph(PrintGraph(*graph)) == *graph, "a graph comes back from its text");
    ParameterCount(*graph);
    constexpr struct {
      int64_t batch, height, width;
    } kSizes[] = {{1, 1, 1}, {1, 33, 31}, {2, 64, 64}, {1, 500, 375}, {4096, 1 << 20, 4096}};
    for (const auto& [batch, height, width] : kSizes)
      fuzz::UseAt(graph, fuzz::InputShapes(*graph, batch, height, width));
    fuzz::Train(*graph, {});
    fuzz::Train(*graph, {.batch_statistics = false, .dropout = false, .mean_loss = false, .class_weights = true});
  });
  return 0;
}
