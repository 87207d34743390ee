#include "runtime/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace fcn {

std::string ProfileTable(const Profile& profile) {
  std::vector<const Profile::Row*> rows;
  double total = 0;
  size_t width = 4;
  for (const Profile::Row& row : profile.rows) {
    rows.push_back(&row);
    total += row.milliseconds;
    width = std::max(width, row.name.size());
  }
  std::stable_sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->milliseconds > b->milliseconds; });

  const double runs = std::max(profile.runs, 1);
  std::string text =
      fmt::format("{:<{}}  {:<14} {:>18} {:>9} {:>6} {:>9}\n", "step", width, "kernel", "output", "ms", "%", "GFLOP/s");
  for (const Profile::Row* row : rows) {
    const double ms = row->milliseconds / runs;
    const std::string rate = row->multiply_adds > 0 && ms > 0
                                 ? fmt::format("{:.0f}", 2e-6 * static_cast<double>(row->multiply_adds) / ms)
                                 : "-";
    fmt::format_to(std::back_inserter(text), "{:<{}}  {:<14} {:>18} {:>9.3f} {:>6.1f} {:>9}\n", row->name, width,
                   row->kernel, row->output_shape, ms, total > 0 ? 100 * row->milliseconds / total : 0.0, rate);
  }
  fmt::format_to(std::back_inserter(text), "{:<{}}  {:<14} {:>18} {:>9.3f}\n", "total", width, "", "", total / runs);
  return text;
}

}  // namespace fcn
