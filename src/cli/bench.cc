#include <fmt/format.h>

#include "cli/bench_timing.h"
#include "cli/memory.h"
#include "cli/verbs.h"

namespace fcn::cli {
namespace {

int RunBench(const BenchOptions& options, const CommonOptions& common) {
  const double before_mb = ResidentMegabytes();
  const Timing timing = options.train ? TimeTraining(options, common) : TimeInference(options, common);
  const double median = timing.runs_ms[timing.runs_ms.size() / 2], gflop = 2e-9 * timing.multiply_adds;
  const double planned_mb = before_mb + static_cast<double>(timing.planned_bytes) / 1e6;
  nlohmann::ordered_json json = {{"model", options.model},
                                 {"size", options.size},
                                 {"batch", options.batch},
                                 {"train", options.train},
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
      "{}{} at {}, batch {}, {} threads, {}\n"
      "  median {:.1f} ms, min {:.1f} ms over {} runs; compiled in {:.0f} ms\n"
      "  {:.1f} GFLOP directly: {:.0f} GFLOP/s effective\n"
      "  peak memory {:.0f} MB (planned {:.0f} MB)\n",
      options.train ? "training " : "", options.model, options.size, options.batch, json["threads"].get<int>(),
      json["isa"].get<std::string>(), median, timing.runs_ms.front(), timing.runs_ms.size(), timing.compile_ms, gflop,
      gflop / median * 1e3, PeakResidentMegabytes(), planned_mb);
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
  CLI::App* verb =
      app.add_subcommand("bench", "Time a network, from an image in memory to scores, or a step of its training");
  verb->add_option("--model", options->model, "A network's name (random weights) or a model file")->required();
  verb->add_option("--size", options->size, "WIDTHxHEIGHT of the image")->required();
  verb->add_option("--batch", options->batch, "Images at once")->check(CLI::Range(1, 4096))->capture_default_str();
  verb->add_flag("--train", options->train, "Time a training step: loss, gradients, SGD with momentum");
  verb->add_option("--runs", options->runs, "Counted runs, after one that is not")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb->add_flag("--profile", options->profile, "Say where the time goes, step by step");
  verb->final_callback([options, &common, &run] { run = [options, &common] { return RunBench(*options, common); }; });
}

}  // namespace fcn::cli
