#include "base/isa.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "hwy/targets.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

/// FCN_ISA has a value, or none, while this lives.
class ScopedIsa {
 public:
  explicit ScopedIsa(const char* value) {
    if (const char* old = std::getenv(kName)) old_ = old;
    Set(value);
  }
  ~ScopedIsa() { Set(old_ ? old_->c_str() : nullptr); }
  ScopedIsa(const ScopedIsa&) = delete;
  ScopedIsa& operator=(const ScopedIsa&) = delete;

 private:
  static constexpr const char* kName = "FCN_ISA";
  static void Set(const char* value) { value != nullptr ? setenv(kName, value, 1) : unsetenv(kName); }
  std::optional<std::string> old_;
};

TEST(Isa, NamesComeBack) {
  ASSERT_FALSE(SupportedIsas().empty());
  for (Isa isa : SupportedIsas()) EXPECT_EQ(ParseIsa(IsaName(isa)), isa);
}

TEST(Isa, EachHasItsRow) {
  constexpr std::pair<Isa, const char*> kNames[] = {{Isa::kPortable, "portable"},
                                                    {Isa::kSse4, "sse4"},
                                                    {Isa::kAvx2, "avx2"},
                                                    {Isa::kAvx512, "avx512"},
                                                    {Isa::kAvx512Vnni, "avx512-vnni"},
                                                    {Isa::kAvx512Bf16, "avx512-bf16"},
                                                    {Isa::kAmx, "amx"},
                                                    {Isa::kNeon, "neon"}};
  for (const auto& [isa, name] : kNames) EXPECT_STREQ(IsaName(isa), name);
}

TEST(Isa, LargerSetsHaveTheFeaturesOfSmallerOnes) {
  EXPECT_EQ(FeaturesOf(Isa::kPortable), CpuFeatures());
  constexpr Isa kOfX86[] = {Isa::kPortable,   Isa::kSse4,       Isa::kAvx2, Isa::kAvx512,
                            Isa::kAvx512Vnni, Isa::kAvx512Bf16, Isa::kAmx};
  for (size_t i = 1; i < std::size(kOfX86); i++) {
    EXPECT_TRUE(FeaturesOf(kOfX86[i]).HasAll(FeaturesOf(kOfX86[i - 1]))) << IsaName(kOfX86[i]);
    EXPECT_FALSE(FeaturesOf(kOfX86[i - 1]).HasAll(FeaturesOf(kOfX86[i]))) << IsaName(kOfX86[i]);
  }
  EXPECT_FALSE(FeaturesOf(Isa::kAmx).Has(CpuFeature::kNeon));
}

TEST(Isa, AvailableAreThoseWhoseFeaturesTheMachineHas) {
  for (int i = 0; i <= static_cast<int>(Isa::kNeon); i++) {
    const Isa isa = static_cast<Isa>(i);
    const bool available = std::ranges::find(AvailableIsas(), isa) != AvailableIsas().end();
    const bool has_kernels = std::ranges::any_of(
        SupportedIsas(), [&](Isa supported) { return FeaturesOf(isa).HasAll(FeaturesOf(supported)); });
    EXPECT_EQ(available, MachineFeatures().HasAll(FeaturesOf(isa)) && has_kernels) << IsaName(isa);
    if (available) {
      EXPECT_EQ(ParseIsa(IsaName(isa)), isa);
    }
  }
  for (const Isa isa : SupportedIsas()) EXPECT_THAT(AvailableIsas(), ::testing::Contains(isa));
}

#if defined(__x86_64__)
/// The words of the line of /proc/cpuinfo that says what a processor has.
std::vector<std::string> FlagsOfTheSystem() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("flags")) {
      std::istringstream words(line);
      return {std::istream_iterator<std::string>(words), {}};
    }
  return {};
}

TEST(MachineFeatures, AreThoseThatLinuxNames) {
  const std::vector<std::string> flags = FlagsOfTheSystem();
  if (flags.empty()) GTEST_SKIP() << "this system has no /proc/cpuinfo";
  const auto has = [&](const char* flag) { return std::ranges::find(flags, flag) != flags.end(); };
  EXPECT_EQ(MachineFeatures().Has(CpuFeature::kAvx512Vnni), has("avx512_vnni"));
  EXPECT_EQ(MachineFeatures().Has(CpuFeature::kAvx512Bf16), has("avx512_bf16"));
  EXPECT_EQ(MachineFeatures().Has(CpuFeature::kAmxBf16), has("amx_bf16") && has("amx_tile"));
  EXPECT_EQ(MachineFeatures().Has(CpuFeature::kAmxInt8), has("amx_int8") && has("amx_tile"));
}
#endif

TEST(Isa, OrderedFromTheSmallest) {
  const std::vector<Isa>& isas = SupportedIsas();
  EXPECT_EQ(isas.front(), Isa::kPortable);
  EXPECT_TRUE(std::is_sorted(isas.begin(), isas.end()));
  EXPECT_EQ(std::adjacent_find(isas.begin(), isas.end()), isas.end());
}

TEST(Isa, WhatTheProcessorHasIsSupported) {
#if defined(__x86_64__)
  const auto supported = [](Isa isa) {
    return std::find(SupportedIsas().begin(), SupportedIsas().end(), isa) != SupportedIsas().end();
  };
  const auto built = [](int64_t target) { return (HWY_TARGETS & target) != 0; };
  EXPECT_EQ(supported(Isa::kSse4),
            built(HWY_SSE4) && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"));
  EXPECT_EQ(supported(Isa::kAvx2), built(HWY_AVX2) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  EXPECT_EQ(supported(Isa::kAvx512), built(HWY_AVX3) && __builtin_cpu_supports("avx512f") &&
                                         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                                         __builtin_cpu_supports("avx512bw"));
  EXPECT_FALSE(supported(Isa::kNeon));
#elif defined(__aarch64__)
  EXPECT_THAT(SupportedIsas(), ::testing::Contains(Isa::kNeon));
#endif
}

TEST(Isa, UnknownNamesAreAnsweredWithThoseThatAre) {
  for (const char* name : {"", "avx", "AVX2", "avx2 ", "sse4,avx2", "unknown"}) {
    ExpectError(ErrorCode::kUsage, fmt::format("\"{}\" is not", name), [&] { ParseIsa(name); });
    ExpectError(ErrorCode::kUsage, IsaName(SupportedIsas().back()), [&] { ParseIsa(name); });
  }
#if defined(__x86_64__)
  ExpectError(ErrorCode::kUsage, "\"neon\"", [] { ParseIsa("neon"); });  // known, and not of this machine
#endif
}

TEST(DefaultIsa, TheFastestUnlessForced) {
  for (const char* nothing : {static_cast<const char*>(nullptr), ""}) {
    const ScopedIsa isa(nothing);
    EXPECT_EQ(DefaultIsa(), SupportedIsas().back());
  }
  for (Isa forced : SupportedIsas()) {
    const ScopedIsa isa(IsaName(forced));
    EXPECT_EQ(DefaultIsa(), forced);
    EXPECT_EQ(Context(1).isa(), forced);
  }
  const ScopedIsa isa("mmx");
  ExpectError(ErrorCode::kUsage, "the environment variable FCN_ISA: \"mmx\"", [] { DefaultIsa(); });
  ExpectError(ErrorCode::kUsage, "Without the variable", [] { DefaultIsa(); });
  ExpectError(ErrorCode::kUsage, "\"mmx\"", [] { Context context(1); });
}

}  // namespace
}  // namespace fcn
