#include "cli/memory.h"

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

}  // namespace fcn::cli
