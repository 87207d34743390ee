#include "fcn/precision.h"

#include <cstddef>

namespace fcn {
namespace {

constexpr std::string_view kNames[] = {"bf16", "int8"};  // in the order of Precision

}  // namespace

std::string_view PrecisionName(Precision precision) { return kNames[static_cast<size_t>(precision)]; }

std::optional<Precision> PrecisionNamed(std::string_view name) {
  for (const Precision precision : kPrecisions)
    if (PrecisionName(precision) == name) return precision;
  return std::nullopt;
}

}  // namespace fcn
