#include <algorithm>

#include "cli/bench_timing.h"
#include "cli/network.h"
#include "fcn/error.h"
#include "graph/cost.h"
#include "models/initialise.h"
#include "segment/predictor/predictor.h"

namespace fcn::cli {
namespace {

/// The median time of compiling for some larger images. Nothing for a network that takes images of one size only.
std::optional<double> NewSizeMilliseconds(Predictor& predictor, const Nhwc& shape) {
  std::vector<double> all_ms;
  try {
    for (const int64_t more : {32, 64, 96}) {
      const auto start = std::chrono::steady_clock::now();
      predictor.Admit({shape.n, shape.h + more, shape.w + more, shape.c});
      all_ms.push_back(MillisecondsSince(start));
    }
  } catch (const Error&) {
    return std::nullopt;
  }
  std::sort(all_ms.begin(), all_ms.end());
  return all_ms[all_ms.size() / 2];
}

/// Compiling for the shape, and runs of it.
void TimeShape(const BenchOptions& options, Predictor& predictor, const Graph& graph, const Nhwc& shape,
               const Context& context, Timing& timing) {
  const auto start = std::chrono::steady_clock::now();
  ProgramCache::Request request = predictor.Admit(shape);
  timing.compile_ms = MillisecondsSince(start);
  const Plan& plan = request.plan();
  timing.planned_bytes = plan.memory.peak();
  for (int64_t count : MultiplyAdds(graph, plan.shapes)) timing.multiply_adds += static_cast<double>(count);

  Tensor input(shape);
  RandomImage(0, 1, shape.n * shape.h, shape.w, shape.c, input.values());
  const ConstAnyView input_view = input.view();
  std::vector<AnyTensor> outputs;  // made once: their pages are no part of what is timed
  std::vector<AnyView> output_views;
  for (ValueId id : plan.outputs) {
    outputs.emplace_back(plan.type(id).element, plan.shapes[id]);
    output_views.push_back(outputs.back().view());
  }
  TimeRuns(
      options, [&](Profile* profile) { request.Run(std::span(&input_view, 1), output_views, context, profile); },
      timing);
  request.ReleaseMemory();  // no part of what another size costs
}

}  // namespace

Timing TimeInference(const BenchOptions& options, const CommonOptions& common) {
  const ImageSize size = ParseSize(options.size);
  const Context context(common.threads, common.chosen_isa());
  const Network network = OpenNetwork(options.model);
  const std::shared_ptr<const Graph> graph =
      options.labels ? std::make_shared<const Graph>(WithOutputs(*network.graph, {.labels = true}, network.name))
                     : network.graph;
  const Nhwc shape{options.batch, size.height, size.width, network.input_channels()};

  Timing timing;
  Predictor predictor({network.name, graph, network.weights, network.preprocessing}, common.compile_options(), context);
  TimeShape(options, predictor, *graph, shape, context, timing);
  timing.new_size_compile_ms = NewSizeMilliseconds(predictor, shape);
  return timing;
}

}  // namespace fcn::cli
