#include "cli/memory.h"

#include <malloc.h>
#include <sys/resource.h>

#include <fstream>
#include <string>

namespace fcn::cli {
namespace {

double StatusMegabytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key)) return std::stod(line.substr(key.size())) * 1024 / 1e6;
  return 0;
}

}  // namespace

double ResidentMegabytes() { return StatusMegabytes("VmRSS:"); }
double PeakResidentMegabytes() { return StatusMegabytes("VmHWM:"); }

void SpareAddressSpace() {
#ifdef __GLIBC__
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace fcn::cli
