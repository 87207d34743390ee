#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "base/context.h"
#include "base/machine.h"

namespace fcn {
namespace {

// cgroup v2: "<quota|max> <period>" in microseconds; v1: two files, quota -1 for none.
double QuotaInCores() {
  double cores = INFINITY;
  for (const std::string& folder : CgroupFolders()) {
    std::string quota;
    double per = 0;
    if (std::ifstream v2(folder + "/cpu.max"); v2 >> quota >> per && quota != "max" && per > 0)
      cores = std::min(cores, std::atof(quota.c_str()) / per);
  }
  if (cores < INFINITY) return cores;
  double microseconds = -1, period = 0;
  std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (v1_quota >> microseconds && v1_period >> period && microseconds > 0 && period > 0) return microseconds / period;
  return INFINITY;
}

}  // namespace

int AvailableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::max(1, static_cast<int>(std::min<double>(cores, std::ceil(QuotaInCores()))));
}

}  // namespace fcn
