#include "base/isa.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "fcn/error.h"
#include "hwy/targets.h"

namespace fcn {
namespace {

constexpr CpuFeatures kSse4{CpuFeature::kSse4};
constexpr CpuFeatures kAvx2{CpuFeature::kSse4, CpuFeature::kAvx2};
constexpr CpuFeatures kAvx512{CpuFeature::kSse4, CpuFeature::kAvx2, CpuFeature::kAvx512};
constexpr CpuFeatures kAvx512Vnni = kAvx512 | CpuFeatures{CpuFeature::kAvx512Vnni};
constexpr CpuFeatures kAvx512Bf16 = kAvx512Vnni | CpuFeatures{CpuFeature::kAvx512Bf16};
constexpr CpuFeatures kAmx = kAvx512Bf16 | CpuFeatures{CpuFeature::kAmxBf16, CpuFeature::kAmxInt8};

constexpr struct Row {
  Isa isa;
  const char* name;
  CpuFeatures features;
  /// Which of Highway's targets has kernels for it that the rows before cannot run; 0 for none.
  int64_t highway_target;
} kRows[] = {{Isa::kPortable, "portable", {}, HWY_EMU128},
             {Isa::kSse4, "sse4", kSse4, HWY_SSE4},
             {Isa::kAvx2, "avx2", kAvx2, HWY_AVX2},
             {Isa::kAvx512, "avx512", kAvx512, HWY_AVX3},
             {Isa::kAvx512Vnni, "avx512-vnni", kAvx512Vnni, 0},
             {Isa::kAvx512Bf16, "avx512-bf16", kAvx512Bf16, 0},
             {Isa::kAmx, "amx", kAmx, 0},
             {Isa::kNeon, "neon", {CpuFeature::kNeon}, HWY_NEON}};

constexpr bool RowsAreInTheOrderOfTheEnum() {
  for (size_t i = 0; i < std::size(kRows); i++)
    if (kRows[i].isa != static_cast<Isa>(i)) return false;
  return true;
}
static_assert(RowsAreInTheOrderOfTheEnum());

const Row& RowOf(Isa isa) { return kRows[static_cast<size_t>(isa)]; }

/// Whether this build has any kernels that these features can run: one that is compiled for more than the smallest
/// processors has none for those.
bool HasKernels(CpuFeatures features) {
  return std::ranges::any_of(
      kRows, [&](const Row& row) { return (row.highway_target & HWY_TARGETS) != 0 && features.HasAll(row.features); });
}

}  // namespace

const char* IsaName(Isa isa) { return RowOf(isa).name; }

CpuFeatures FeaturesOf(Isa isa) { return RowOf(isa).features; }

const std::vector<Isa>& AvailableIsas() {
  static const std::vector<Isa> available = [] {
    std::vector<Isa> found;
    for (const Row& row : kRows)
      if (MachineFeatures().HasAll(row.features) && HasKernels(row.features)) found.push_back(row.isa);
    return found;
  }();
  return available;
}

const std::vector<Isa>& SupportedIsas() {
  static const std::vector<Isa> supported = [] {
    std::vector<Isa> found;
    for (const Isa isa : AvailableIsas())
      if ((RowOf(isa).highway_target & HWY_TARGETS) != 0) found.push_back(isa);
    return found;
  }();
  return supported;
}

Isa DefaultIsa() {
  const char* forced = std::getenv("FCN_ISA");
  if (forced == nullptr || *forced == '\0') return SupportedIsas().back();
  try {
    return ParseIsa(forced);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("the environment variable FCN_ISA: {}", error.message()),
                error.hint() + " Without the variable the largest is used.");
  }
}

Isa ParseIsa(const std::string& name) {
  std::vector<std::string> names;
  for (const Isa isa : AvailableIsas()) {
    if (name == IsaName(isa)) return isa;
    names.emplace_back(IsaName(isa));
  }
  throw Error(ErrorCode::kUsage, fmt::format("\"{}\" is not an instruction set of this machine", name),
              fmt::format("Here are: {}.", fmt::join(names, ", ")));
}

}  // namespace fcn
