#include "fcn/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace fcn {
namespace {

std::string Rate(double value) { return value > 0 ? fmt::format("{:.0f}", value) : "-"; }

}  // namespace

RooflineRow AtRoofline(const Profile& profile, const Profile::Row& row, const Roofline& machine) {
  RooflineRow at;
  at.milliseconds = row.milliseconds / std::max(profile.runs, 1);
  if (at.milliseconds <= 0) return at;
  at.gflops = 2e-6 * static_cast<double>(row.multiply_adds) / at.milliseconds;
  at.gbytes = 1e-6 * static_cast<double>(row.bytes) / at.milliseconds;
  const double of_compute = machine.gflops > 0 ? at.gflops / machine.gflops : 0;
  const double of_memory = machine.gbytes > 0 ? at.gbytes / machine.gbytes : 0;
  at.memory_bound = of_memory > of_compute;
  at.of_bound = std::max(of_compute, of_memory);
  return at;
}

std::string ProfileTable(const Profile& profile, const Roofline& machine) {
  std::vector<const Profile::Row*> rows;
  double total = 0;
  size_t width = 4, kernel_width = 6;
  for (const Profile::Row& row : profile.rows) {
    rows.push_back(&row);
    total += row.milliseconds;
    width = std::max(width, row.name.size());
    kernel_width = std::max(kernel_width, row.kernel.size());
  }
  std::stable_sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->milliseconds > b->milliseconds; });

  std::string text = fmt::format("{:<{}}  {:<{}} {:>18} {:>9} {:>6} {:>9} {:>7} {:>7} {:>10}\n", "step", width,
                                 "kernel", kernel_width, "output", "ms", "%", "GFLOP/s", "GB/s", "bound", "% of bound");
  for (const Profile::Row* row : rows) {
    const RooflineRow at = AtRoofline(profile, *row, machine);
    fmt::format_to(std::back_inserter(text), "{:<{}}  {:<{}} {:>18} {:>9.3f} {:>6.1f} {:>9} {:>7} {:>7} {:>10.0f}\n",
                   row->name, width, row->kernel, kernel_width, row->output_shape, at.milliseconds,
                   total > 0 ? 100 * row->milliseconds / total : 0.0, Rate(at.gflops), Rate(at.gbytes),
                   at.memory_bound ? "memory" : "compute", 100 * at.of_bound);
  }
  fmt::format_to(std::back_inserter(text), "{:<{}}  {:<{}} {:>18} {:>9.3f}\n", "total", width, "", kernel_width, "",
                 total / std::max(profile.runs, 1));
  fmt::format_to(
      std::back_inserter(text),
      "bounds: {:.0f} GFLOP/s, {:.1f} GB/s, measured now. GFLOP/s count the direct algorithm, so Winograd passes"
      " its bound;\nGB/s count inputs, parameters and output once, so what stays in caches passes it too\n",
      machine.gflops, machine.gbytes);
  return text;
}

}  // namespace fcn
