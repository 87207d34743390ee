#include <algorithm>

#include "cli/bench_timing.h"
#include "cli/network.h"
#include "graph/cost.h"
#include "models/initialise.h"
#include "runtime/program.h"

namespace fcn::cli {

Timing TimeInference(const BenchOptions& options, const CommonOptions& common) {
  const ImageSize size = ParseSize(options.size);
  const Context context(common.threads, common.chosen_isa());
  const Network network = OpenNetwork(options.model);
  const Nhwc shape{options.batch, size.height, size.width, network.input_channels()};

  Timing timing;
  PackedStore store;
  auto start = std::chrono::steady_clock::now();
  const auto program =
      Program::Compile(network.graph, std::span(&shape, 1), network.weights, store, common.compile_options(), context);
  timing.compile_ms = MillisecondsSince(start);
  timing.planned_bytes = program->plan().memory.peak();
  for (int64_t count : MultiplyAdds(*network.graph, program->plan().shapes))
    timing.multiply_adds += static_cast<double>(count);

  Tensor input(shape);
  RandomImage(0, 1, shape.n * shape.h, shape.w, shape.c, input.values());
  const TensorView<const float> input_view = input.view();
  std::vector<Tensor> outputs;
  std::vector<TensorView<float>> output_views;
  for (ValueId id : program->plan().outputs) {
    outputs.emplace_back(program->plan().shapes[static_cast<size_t>(id)]);
    output_views.push_back(outputs.back().view());
  }
  Arena arena;
  for (int run = -1; run < options.runs; run++) {  // the first is not counted: it touches the memory
    start = std::chrono::steady_clock::now();
    program->Run(std::span(&input_view, 1), output_views, arena, context,
                 run >= 0 && options.profile ? &timing.profile : nullptr);
    if (run >= 0) timing.runs_ms.push_back(MillisecondsSince(start));
  }
  std::sort(timing.runs_ms.begin(), timing.runs_ms.end());
  return timing;
}

}  // namespace fcn::cli
