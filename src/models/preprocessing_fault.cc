#include "models/preprocessing_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fcn {
namespace {

bool IsModerate(double number) { return std::abs(number) <= double{kLargestInput}; }  // false for NaN

bool GivesNumbers(const Preprocessing& p, size_t band) {
  const double mean{p.mean[band]}, deviation{p.deviation[band]};
  if (!IsModerate(mean) || !IsModerate(deviation) || !(deviation > 0) || !IsModerate(1 / deviation)) return false;
  return IsModerate((p.least - mean) / deviation) && IsModerate((p.most - mean) / deviation);
}

}  // namespace

std::string PreprocessingFault(const Preprocessing& p) {
  if (!(p.least < p.most) || !IsModerate(p.least) || !IsModerate(p.most))
    return fmt::format("samples range from {} to {}", p.least, p.most);
  for (size_t band = 0; band < std::min(p.mean.size(), p.deviation.size()); band++)
    if (!GivesNumbers(p, band))
      return fmt::format("preprocessing has a mean of {} and a deviation of {}", p.mean[band], p.deviation[band]);
  return {};
}

}  // namespace fcn
