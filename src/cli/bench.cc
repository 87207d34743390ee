#include <fmt/format.h>

#include "cli/as_error.h"
#include "cli/bench_timing.h"
#include "cli/memory.h"
#include "cli/verbs.h"
#include "fcn/bench.h"
#include "fcn/error.h"

namespace fcn::cli {
namespace {

nlohmann::ordered_json JsonOf(const Profile& profile, const Roofline& machine) {
  nlohmann::ordered_json rows;
  for (const Profile::Row& row : profile.rows) {
    const RooflineRow at = AtRoofline(profile, row, machine);
    rows.push_back({{"name", row.name},
                    {"kernel", row.kernel},
                    {"output", row.output_shape},
                    {"ms", at.milliseconds},
                    {"gflop", 2e-9 * static_cast<double>(row.multiply_adds)},
                    {"mbytes", 1e-6 * static_cast<double>(row.bytes)},
                    {"gflops", at.gflops},
                    {"gb_per_s", at.gbytes},
                    {"bound", at.memory_bound ? "memory" : "compute"},
                    {"of_bound", at.of_bound}});
  }
  return rows;
}

/// Of the sorted values; of an even number the mean of the middle two.
double Median(const std::vector<double>& sorted) {
  const size_t count = sorted.size();
  return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

void CheckOptions(const BenchOptions& options) {
  if (options.model.empty() || options.size.empty())
    throw Error(ErrorCode::kUsage, "--model and --size say what is timed, or --peak that it is the machine",
                "As in: fcn bench --model fcn8s-vgg16 --size 500x500. See fcn bench --help.");
}

int RunBench(const BenchOptions& options, const CommonOptions& common) {
  if (options.peak) return RunPeak(common);
  CheckOptions(options);
  const double before_mb = ResidentMegabytes();
  const Timing timing = TimeNetwork(options, common);
  const double median = Median(timing.runs_ms), gflop = 2e-9 * timing.multiply_adds;
  const double planned_mb = before_mb + static_cast<double>(timing.planned_bytes) / 1e6;
  const int threads = common.threads == 0 ? AvailableCores() : common.threads;
  nlohmann::ordered_json json = {{"model", options.model},
                                 {"size", options.size},
                                 {"batch", options.batch},
                                 {"train", options.train},
                                 {"labels", options.labels},
                                 {"threads", threads},
                                 {"isa", common.runtime().isa()},
                                 {"median_ms", median},
                                 {"min_ms", timing.runs_ms.front()},
                                 {"first_ms", timing.first_ms},
                                 {"compile_ms", timing.compile_ms},
                                 {"peak_rss_mb", timing.peak_rss_mb},
                                 {"planned_peak_mb", planned_mb},
                                 {"gflop", gflop},
                                 {"effective_gflops", gflop / median * 1e3}};
  std::string text = fmt::format(
      "{}{} at {}, batch {}, {} threads, {}\n"
      "  median {:.1f} ms, min {:.1f} ms over {} runs; compiled in {:.0f} ms, first run {:.0f} ms\n"
      "  {:.1f} GFLOP directly: {:.0f} GFLOP/s effective\n"
      "  peak memory {:.0f} MB (planned {:.0f} MB)\n",
      options.train    ? "training "
      : options.labels ? "labels of "
                       : "",
      options.model, options.size, options.batch, threads, json["isa"].get<std::string>(), median,
      timing.runs_ms.front(), timing.runs_ms.size(), timing.compile_ms, timing.first_ms, gflop, gflop / median * 1e3,
      timing.peak_rss_mb, planned_mb);
  if (timing.new_size_compile_ms) {
    json["new_size_compile_ms"] = *timing.new_size_compile_ms;
    text += fmt::format("  compiling for another size, weights packed: {:.2f} ms, {:.2f} % of a run\n",
                        *timing.new_size_compile_ms, 100 * *timing.new_size_compile_ms / median);
  }
  if (options.profile) {
    const Runtime runtime = common.runtime();
    const Roofline machine{PeakGflops(runtime), MemoryBandwidth(runtime).most()};
    text += "\n" + ProfileTable(timing.profile, machine);
    json["peak_gflops"] = machine.gflops;
    json["bandwidth_gb_per_s"] = machine.gbytes;
    json["profile"] = JsonOf(timing.profile, machine);
  }
  PrintResult(common, json, text);
  return 0;
}

}  // namespace

void AddBench(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* verb = app.add_subcommand(
      "bench",
      "Time a network, from an image in memory to scores or labels, or a step of its training; or the machine");
  verb->add_option("--model", options->model, "A network's name (random weights) or a model file");
  AddFormOptions(*verb, options->form);
  verb->add_option("--size", options->size, "Size of the image in pixels")->type_name("WIDTHxHEIGHT");
  verb->add_option("-b,--batch-size,--batch", options->batch, "Images at once")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  CLI::Option* train =
      verb->add_flag("--train", options->train, "Time a training step: loss, gradients, SGD with momentum");
  verb->add_flag("--labels", options->labels, "Time to labels, which need no scores at the image's size, not to scores")
      ->excludes(train);
  verb->add_option("--runs", options->runs, "Counted runs, after one that is not")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb->add_flag("--profile", options->profile,
                 "Say where the time goes, step by step, beside what the machine does at most (measured for it)");
  verb->add_flag("--on-request", options->on_request,
                 "Instead of --runs: for each line of standard input do as many and print a list of their\n"
                 "milliseconds, after a first such list of one, so that a script lets programs take turns")
      ->excludes("--runs");
  CLI::Option* peak = verb->add_flag("--peak", options->peak,
                                     "Measure the machine: float32 GFLOP/s of each instruction set, GB/s of memory");
  for (const char* other : {"--model", "--upsampling", "--skip-scale", "--fc-channels", "--size", "--batch", "--train",
                            "--labels", "--runs", "--profile", "--on-request"})
    peak->excludes(verb->get_option(other));
  verb->footer(
      "  fcn bench --model fcn8s-vgg16 --size 500x500 --profile\n"
      "  fcn bench --model fcn8s-efficientnet-lite0 --size 352x352 --batch 8 --train\n"
      "  fcn bench --peak\n\n"
      "Times are from memory to memory. \"effective\" counts the direct algorithm's operations, whatever the kernels "
      "do.");
  verb->final_callback([options, verb, &common, &run] {
    for (const char* other : {"--no-winograd", "--no-image-window", "--max-memory"})  // of every verb, added later
      if (options->peak && verb->count(other) > 0) throw CLI::ExcludesError("--peak", other);
    run = [options, &common] { return Naming(options->model, [&] { return RunBench(*options, common); }); };
  });
}

}  // namespace fcn::cli
