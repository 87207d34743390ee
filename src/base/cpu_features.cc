#include "base/cpu_features.h"

#include "hwy/targets.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace fcn {
namespace {

#if defined(__x86_64__)

/// Linux gives tiles to programs that ask; this asks nothing yet. (ARCH_GET_XCOMP_SUPP, Linux 5.16; XTILEDATA is 18.)
bool SystemGivesTiles() {
  constexpr long kSupportedComponents = 0x1021;
  constexpr uint64_t kTileData = uint64_t{1} << 18;
  uint64_t components = 0;
  return syscall(SYS_arch_prctl, kSupportedComponents, &components) == 0 && (components & kTileData) != 0;
}

/// Highway looks whether the system saves the registers of AVX and AVX-512. The rest are bits of CPUID's leaf 7
/// (Intel's and AMD's manuals, CPUID).
void AddBeyondHighway(CpuFeatures& found) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return;
  const unsigned subleaves = a;
  const bool tiles = (d >> 24 & 1) != 0 && SystemGivesTiles();
  if (found.Has(CpuFeature::kAvx512) && (c >> 11 & 1) != 0) found.Add(CpuFeature::kAvx512Vnni);
  if (tiles && (d >> 22 & 1) != 0) found.Add(CpuFeature::kAmxBf16);
  if (tiles && (d >> 25 & 1) != 0) found.Add(CpuFeature::kAmxInt8);
  if (subleaves < 1 || __get_cpuid_count(7, 1, &a, &b, &c, &d) == 0) return;
  if (found.Has(CpuFeature::kAvx512) && (a >> 5 & 1) != 0) found.Add(CpuFeature::kAvx512Bf16);
}

#else

void AddBeyondHighway(CpuFeatures&) {}

#endif

CpuFeatures Look() {
  constexpr struct {
    int64_t highway_target;
    CpuFeature feature;
  } kOfHighway[] = {{HWY_SSE4, CpuFeature::kSse4},
                    {HWY_AVX2, CpuFeature::kAvx2},
                    {HWY_AVX3, CpuFeature::kAvx512},
                    {HWY_NEON, CpuFeature::kNeon}};
  CpuFeatures found;
  const int64_t targets = hwy::SupportedTargets() | HWY_STATIC_TARGET;
  for (const auto& row : kOfHighway)
    if ((targets & row.highway_target) != 0) found.Add(row.feature);
  AddBeyondHighway(found);
  return found;
}

}  // namespace

CpuFeatures MachineFeatures() {
  static const CpuFeatures features = Look();
  return features;
}

}  // namespace fcn
