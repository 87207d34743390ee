#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "cli/memory.h"
#include "cli/network.h"
#include "cli/verbs.h"
#include "graph/cost.h"
#include "models/initialise.h"
#include "runtime/program.h"

namespace fcn::cli {
namespace {

struct BenchOptions {
  std::string model, size;
  int runs = 5, batch = 1;
  bool profile = false;
};

double Milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

struct Timing {
  double compile_ms = 0;
  std::vector<double> runs_ms;  // sorted
  Profile profile;
  MemoryForecast memory;
  double multiply_adds = 0;
};

Timing Measure(const BenchOptions& options, const CommonOptions& common) {
  const ImageSize size = ParseSize(options.size);
  const Context context(common.threads, common.chosen_isa());
  const Network network = OpenNetwork(options.model);
  const Nhwc shape{options.batch, size.height, size.width, network.input_channels()};

  Timing timing;
  PackedStore store;
  auto start = std::chrono::steady_clock::now();
  const auto program =
      Program::Compile(network.graph, std::span(&shape, 1), network.weights, store, common.compile_options(), context);
  timing.compile_ms = Milliseconds(start);
  timing.memory = program->plan().memory;
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
    if (run >= 0) timing.runs_ms.push_back(Milliseconds(start));
  }
  std::sort(timing.runs_ms.begin(), timing.runs_ms.end());
  return timing;
}

int RunBench(const BenchOptions& options, const CommonOptions& common) {
  const double before_mb = ResidentMegabytes();
  const Timing timing = Measure(options, common);
  const double median = timing.runs_ms[timing.runs_ms.size() / 2], gflop = 2e-9 * timing.multiply_adds;
  const double planned_mb = before_mb + static_cast<double>(timing.memory.peak()) / 1e6;
  nlohmann::ordered_json json = {{"model", options.model},
                                 {"size", options.size},
                                 {"batch", options.batch},
                                 {"threads", common.threads == 0 ? AvailableCores() : common.threads},
                                 {"isa", IsaName(common.chosen_isa())},
                                 {"median_ms", median},
                                 {"min_ms", timing.runs_ms.front()},
                                 {"compile_ms", timing.compile_ms},
                                 {"peak_rss_mb", PeakResidentMegabytes()},
                                 {"planned_peak_mb", planned_mb},
                                 {"gflop", gflop},
                                 {"effective_gflops", gflop / median * 1e3}};
  std::string text = fmt::format(
      "{} at {}, batch {}, {} threads, {}\n"
      "  median {:.1f} ms, min {:.1f} ms over {} runs; compiled in {:.0f} ms\n"
      "  {:.1f} GFLOP directly: {:.0f} GFLOP/s effective\n"
      "  peak memory {:.0f} MB (planned {:.0f} MB)\n",
      options.model, options.size, options.batch, json["threads"].get<int>(), json["isa"].get<std::string>(), median,
      timing.runs_ms.front(), timing.runs_ms.size(), timing.compile_ms, gflop, gflop / median * 1e3,
      PeakResidentMegabytes(), planned_mb);
  if (options.profile) {
    text += "\n" + ProfileTable(timing.profile);
    for (const Profile::Row& row : timing.profile.rows)
      json["profile"].push_back({{"name", row.name},
                                 {"kernel", row.kernel},
                                 {"output", row.output_shape},
                                 {"ms", row.milliseconds / timing.profile.runs},
                                 {"gflop", 2e-9 * static_cast<double>(row.multiply_adds)}});
  }
  PrintResult(common, json, text);
  return 0;
}

}  // namespace

void AddBench(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* verb = app.add_subcommand("bench", "Time a network, from an image in memory to scores");
  verb->add_option("--model", options->model, "A network's name (random weights) or a model file")->required();
  verb->add_option("--size", options->size, "WIDTHxHEIGHT of the image")->required();
  verb->add_option("--batch", options->batch, "Images at once")->check(CLI::Range(1, 4096))->capture_default_str();
  verb->add_option("--runs", options->runs, "Counted runs, after one that is not")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb->add_flag("--profile", options->profile, "Say where the time goes, step by step");
  verb->final_callback([options, &common, &run] { run = [options, &common] { return RunBench(*options, common); }; });
}

}  // namespace fcn::cli
