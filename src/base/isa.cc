#include "base/isa.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include "fcn/error.h"
#include "hwy/targets.h"

namespace fcn {
namespace {

struct Row {
  Isa isa;
  const char* name;
  int64_t highway_target;
};

constexpr Row kRows[] = {{Isa::kPortable, "portable", HWY_EMU128},
                         {Isa::kSse4, "sse4", HWY_SSE4},
                         {Isa::kAvx2, "avx2", HWY_AVX2},
                         {Isa::kAvx512, "avx512", HWY_AVX3},
                         {Isa::kNeon, "neon", HWY_NEON}};

std::vector<std::string> SupportedNames() {
  std::vector<std::string> names;
  for (Isa isa : SupportedIsas()) names.emplace_back(IsaName(isa));
  return names;
}

}  // namespace

const char* IsaName(Isa isa) {
  for (const Row& row : kRows)
    if (row.isa == isa) return row.name;
  return "unknown";
}

const std::vector<Isa>& SupportedIsas() {
  static const std::vector<Isa> supported = [] {
    std::vector<Isa> found;
    const int64_t mask = (hwy::SupportedTargets() & HWY_TARGETS) | HWY_STATIC_TARGET;
    for (const Row& row : kRows)
      if (mask & row.highway_target) found.push_back(row.isa);
    return found;
  }();
  return supported;
}

Isa DefaultIsa() {
  const char* forced = std::getenv("FCN_ISA");
  return forced != nullptr && *forced != '\0' ? ParseIsa(forced) : SupportedIsas().back();
}

Isa ParseIsa(const std::string& name) {
  for (Isa isa : SupportedIsas())
    if (name == IsaName(isa)) return isa;
  throw Error(ErrorCode::kUsage, fmt::format("\"{}\" is not an instruction set of this machine", name),
              fmt::format("Here are: {}.", fmt::join(SupportedNames(), ", ")));
}

}  // namespace fcn
