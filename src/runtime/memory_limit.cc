#include "runtime/memory_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "fcn/error.h"

namespace fcn {
namespace {

constexpr int64_t kReserve = 20;  // one part of so many

std::string Megabytes(int64_t bytes) {
  return fmt::format("{:.0f} MB", static_cast<double>(std::max<int64_t>(bytes, 0)) / 1e6);
}

}  // namespace

MemoryLimit::MemoryLimit(int64_t asked, int64_t held, const MemoryBound& bound)
    : asked_(asked > 0 ? asked : std::numeric_limits<int64_t>::max()),
      spare_(bound.available - bound.available / kReserve + held),
      bound_(bound) {}

MemoryLimit MemoryLimit::OfAsked(int64_t asked) {
  constexpr int64_t kEndless = std::numeric_limits<int64_t>::max();
  return MemoryLimit(asked, 0, {"", kEndless, kEndless, ""});
}

int64_t MemoryLimit::bytes() const { return std::min(asked_, spare_); }

std::string MemoryLimit::BoundText(int64_t planned) const {
  if (planned > asked_) return fmt::format("the limit is {}", Megabytes(asked_));
  return fmt::format("{} are available ({}: {})", Megabytes(spare_), bound_.of, Megabytes(bound_.limit));
}

std::string MemoryLimit::Remedy(int64_t planned) const {
  return planned > asked_ ? "allow more with --max-memory" : bound_.remedy;
}

void MemoryLimit::Check(int64_t planned, const std::string& smaller) const {
  if (planned <= bytes()) return;
  const std::string remedy = Remedy(planned);
  throw Error(
      ErrorCode::kMemory, fmt::format("this would need {} of memory; {}", Megabytes(planned), BoundText(planned)),
      planned > asked_
          ? fmt::format("Use {}, or {}.", smaller, remedy)
          : fmt::format("Use {} or a smaller network, or {}; docs/troubleshooting.md says more.", smaller, remedy));
}

void CheckMemory(int64_t planned, int64_t limit, const std::string& smaller) {
  MemoryLimit(limit).Check(planned, smaller);
}

}  // namespace fcn
