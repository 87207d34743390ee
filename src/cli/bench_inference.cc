#include <algorithm>

#include "cli/bench_timing.h"
#include "cli/network.h"
#include "fcn/error.h"
#include "graph/cost.h"
#include "models/initialise.h"
#include "runtime/program.h"
#include "segment/two_classes.h"

namespace fcn::cli {
namespace {

/// The same network, but for its output: of each pixel the class with the best score.
std::shared_ptr<const Graph> LabelsOf(const std::shared_ptr<const Graph>& network) {
  Graph graph = WithTwoClasses(*network);
  const ValueId scores = graph.outputs()[0];
  graph.ClearOutputs();
  graph.AddOutput(graph.AddNode("labels", Argmax{}, {scores}));
  return std::make_shared<const Graph>(std::move(graph));
}

/// The median time of compiling for some larger images. Nothing for a network that takes images of one size only.
std::optional<double> NewSizeMilliseconds(FunctionRef<std::shared_ptr<const Program>(const Nhwc&)> compile,
                                          const Nhwc& shape) {
  std::vector<double> all_ms;
  try {
    for (const int64_t more : {32, 64, 96}) {
      const auto start = std::chrono::steady_clock::now();
      compile({shape.n, shape.h + more, shape.w + more, shape.c});
      all_ms.push_back(MillisecondsSince(start));
    }
  } catch (const Error&) {
    return std::nullopt;
  }
  std::sort(all_ms.begin(), all_ms.end());
  return all_ms[all_ms.size() / 2];
}

}  // namespace

Timing TimeInference(const BenchOptions& options, const CommonOptions& common) {
  const ImageSize size = ParseSize(options.size);
  const Context context(common.threads, common.chosen_isa());
  const Network network = OpenNetwork(options.model);
  const std::shared_ptr<const Graph> graph = options.labels ? LabelsOf(network.graph) : network.graph;
  const Nhwc shape{options.batch, size.height, size.width, network.input_channels()};

  Timing timing;
  PackedStore store;
  const auto compile = [&](const Nhwc& input) {
    return Program::Compile(graph, std::span(&input, 1), network.weights, store, common.compile_options(), context);
  };
  const auto start = std::chrono::steady_clock::now();
  const auto program = compile(shape);
  timing.compile_ms = MillisecondsSince(start);
  timing.planned_bytes = program->plan().memory.peak();
  for (int64_t count : MultiplyAdds(*graph, program->plan().shapes)) timing.multiply_adds += static_cast<double>(count);

  Tensor input(shape);
  RandomImage(0, 1, shape.n * shape.h, shape.w, shape.c, input.values());
  const ConstAnyView input_view = input.view();
  std::vector<AnyTensor> outputs;
  std::vector<AnyView> output_views;
  for (ValueId id : program->plan().outputs) {
    outputs.emplace_back(program->plan().type(id).element, program->plan().shapes[static_cast<size_t>(id)]);
    output_views.push_back(outputs.back().view());
  }
  Arena arena;
  const auto run = [&](Profile* profile) {
    program->Run(std::span(&input_view, 1), output_views, arena, context, profile);
  };
  TimeRuns(options, run, timing);
  timing.new_size_compile_ms = NewSizeMilliseconds(compile, shape);
  return timing;
}

}  // namespace fcn::cli
