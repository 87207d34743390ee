#include <algorithm>
#include <utility>
#include <vector>

#include "cli/bench_network.h"
#include "cli/bench_timing.h"
#include "fcn/error.h"
#include "graph/cost.h"
#include "models/initialise.h"
#include "segment/dense_graph.h"
#include "segment/predictor/predictor.h"

namespace fcn::cli {
namespace {

/// The median time of compiling for some larger images. Nothing for a network that takes images of one size only.
std::optional<double> NewSizeMilliseconds(Predictor& predictor, std::vector<Nhwc> shapes) {
  std::vector<double> all_ms;
  try {
    for (int i = 0; i < 3; i++) {
      for (Nhwc& shape : shapes) shape.h += 32, shape.w += 32;
      const auto start = std::chrono::steady_clock::now();
      predictor.Admit(shapes);
      all_ms.push_back(MillisecondsSince(start));
    }
  } catch (const Error&) {
    return std::nullopt;
  }
  std::sort(all_ms.begin(), all_ms.end());
  return all_ms[all_ms.size() / 2];
}

/// Compiling for the inputs' shapes, and runs of them.
void TimeShapes(const BenchOptions& options, Predictor& predictor, const Graph& graph, const std::vector<Nhwc>& shapes,
                const Context& context, Timing& timing) {
  const auto start = std::chrono::steady_clock::now();
  ProgramCache::Request request = predictor.Admit(shapes);
  timing.compile_ms = MillisecondsSince(start);
  const Plan& plan = request.plan();
  timing.planned_bytes = plan.memory.peak();
  for (int64_t count : MultiplyAdds(graph, plan.shapes)) timing.multiply_adds += static_cast<double>(count);

  std::vector<Tensor> inputs;
  std::vector<ConstAnyView> input_views;
  for (const Nhwc& shape : shapes) {
    Tensor& input = inputs.emplace_back(shape);
    RandomImage(inputs.size() - 1, 1, shape.n * shape.h, shape.w, shape.c, input.values());
    input_views.emplace_back(std::as_const(input).view());
  }
  std::vector<AnyTensor> outputs;  // made once: their pages are no part of what is timed
  std::vector<AnyView> output_views;
  for (ValueId id : plan.outputs) {
    outputs.emplace_back(plan.type(id).element, plan.shapes[id]);
    output_views.push_back(outputs.back().view());
  }
  TimeRuns(
      options, [&](Profile* profile) { request.Run(input_views, output_views, context, profile); }, timing);
  request.ReleaseMemory();  // no part of what another size costs
}

}  // namespace

Timing TimeInference(const BenchOptions& options, const CommonOptions& common) {
  const ImageSize size = ParseSize(options.size);
  const Context context(common.threads, common.chosen_isa());
  const TimedNetwork network = OpenTimedNetwork(options.model);
  const std::shared_ptr<const Graph> graph =
      options.labels ? std::make_shared<const Graph>(WithOutputs(*network.graph, DenseOutputs{.labels = true}))
                     : network.graph;
  const std::vector<Nhwc> shapes = PictureShapes(*graph, options.batch, size.height, size.width);

  Timing timing;
  Predictor predictor({network.name, graph, network.weights, network.preprocessing}, common.compile_options(), context);
  TimeShapes(options, predictor, *graph, shapes, context, timing);
  timing.new_size_compile_ms = NewSizeMilliseconds(predictor, shapes);
  return timing;
}

}  // namespace fcn::cli
