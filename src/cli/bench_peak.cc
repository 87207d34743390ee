#include <fmt/format.h>

#include "cli/bench_timing.h"
#include "fcn/bench.h"

namespace fcn::cli {

int RunPeak(const CommonOptions& common) {
  const int all = common.threads == 0 ? AvailableCores() : common.threads;
  const std::vector<std::string> isas =
      common.isa.empty() ? DistinctInstructionSets() : std::vector<std::string>{common.runtime().isa()};
  std::vector<int> counts = {1};
  if (all > 1) counts.push_back(all);
  nlohmann::ordered_json json = {{"threads", all}};
  std::string text = "float32, GFLOP/s (multiply-adds in registers, counted as two)\n";
  for (const std::string& isa : isas) {
    text += fmt::format("  {:<12}", isa);
    for (const int threads : counts) {
      const double gflops = PeakGflops(Runtime({.threads = threads, .isa = isa}));
      json["gflops"].push_back({{"isa", isa}, {"threads", threads}, {"gflops", gflops}});
      text += fmt::format(" {:>8.1f} with {} thread{}", gflops, threads, threads == 1 ? " " : "s");
    }
    text += "\n";
  }
  text += "memory, GB/s (beyond the caches)\n";
  for (const int threads : counts) {
    const Bandwidth bandwidth = MemoryBandwidth(Runtime({.threads = threads, .isa = isas.back()}));
    json["bandwidth"].push_back(
        {{"threads", threads}, {"read_gb_per_s", bandwidth.read}, {"triad_gb_per_s", bandwidth.triad}});
    text += fmt::format("  read {:>6.1f}, triad {:>6.1f} with {} thread{}\n", bandwidth.read, bandwidth.triad, threads,
                        threads == 1 ? "" : "s");
  }
  PrintResult(common, json, text);
  return 0;
}

}  // namespace fcn::cli
