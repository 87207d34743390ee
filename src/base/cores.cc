#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/cgroup.h"
#include "base/context.h"

namespace fcn {
namespace {

// Version 2: "<quota|max> <period>" in microseconds; version 1: two files, quota -1 for none.
double QuotaInCores() {
  double cores = INFINITY;
  const auto limit = [&](double quota, double period) {
    if (quota > 0 && period > 0) cores = std::min(cores, quota / period);
  };
  for (const std::filesystem::path& folder : CgroupFolders("cpu")) {
    double quota = 0, period = 0;  // "max" does not read as a number
    if (std::ifstream v2(folder / "cpu.max"); v2 >> quota >> period) limit(quota, period);
    std::ifstream v1_quota(folder / "cpu.cfs_quota_us"), v1_period(folder / "cpu.cfs_period_us");
    if (v1_quota >> quota && v1_period >> period) limit(quota, period);
  }
  return cores;
}

}  // namespace

int AvailableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::max(1, static_cast<int>(std::min<double>(cores, std::ceil(QuotaInCores()))));
}

}  // namespace fcn
