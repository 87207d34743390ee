#include "models/preprocessing_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace fcn {
namespace {

bool IsModerate(double number) { return std::abs(number) <= double{kLargestInput}; }  // false for NaN

bool GivesNumbers(const Preprocessing& p, size_t band) {
  const double mean{p.mean[band]}, deviation{p.deviation[band]};
  if (!IsModerate(mean) || !IsModerate(deviation) || !(deviation > 0) || !IsModerate(1 / deviation)) return false;
  const bool is_log = p.order == Preprocessing::Order::kLogs;
  const auto value = [&](float sample) {  // the logarithms of floats are from about −103 to 89
    return is_log ? std::log(std::max(double{sample}, double{std::numeric_limits<float>::denorm_min()}))
                  : double{sample};
  };
  return IsModerate((value(p.least) - mean) / deviation) && IsModerate((value(p.most) - mean) / deviation);
}

}  // namespace

std::string PreprocessingFault(const Preprocessing& p) {
  if (!(p.least < p.most) || !IsModerate(p.least) || !IsModerate(p.most))
    return fmt::format("samples range from {} to {}", p.least, p.most);
  if (p.order == Preprocessing::Order::kLogs && !(p.most > 0))
    return fmt::format("samples from {} to {} have no logarithms", p.least, p.most);
  for (size_t band = 0; band < std::min(p.mean.size(), p.deviation.size()); band++)
    if (!GivesNumbers(p, band))
      return fmt::format("preprocessing has a mean of {} and a deviation of {}", p.mean[band], p.deviation[band]);
  return {};
}

}  // namespace fcn
