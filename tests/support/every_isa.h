#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/isa.h"

namespace fcn::test {

/// A test of FCN_FOR_EVERY_ISA: it runs once for each instruction set of the machine.
class EveryIsa : public testing::TestWithParam<Isa> {
 protected:
  Context context_{2, GetParam()};
};

/// Makes the tests of a suite, each a TEST_P, those of every instruction set.
#define FCN_FOR_EVERY_ISA(group, suite)                                      \
  INSTANTIATE_TEST_SUITE_P(group, suite, testing::ValuesIn(SupportedIsas()), \
                           [](const auto& isa) { return std::string(IsaName(isa.param)); })

template <typename T>
bool SameBytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}
template <typename T>
bool SameBytes(const std::vector<std::vector<T>>& a, const std::vector<std::vector<T>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return SameBytes(x, y); });
}
template <typename A, typename B>
bool SameBytes(const std::pair<A, B>& a, const std::pair<A, B>& b) {
  return SameBytes(a.first, b.first) && SameBytes(a.second, b.second);
}

/// Expects that run(context) gives the same bytes, a vector or a pair of them, whatever the number of threads. Returns
/// them.
template <typename Run>
auto ExpectSameForAnyThreads(Isa isa, const Run& run) {
  auto alone = run(Context(1, isa));
  for (const int threads : {2, 3})
    EXPECT_TRUE(SameBytes(alone, run(Context(threads, isa)))) << IsaName(isa) << ", " << threads << " threads";
  return alone;
}
/// The same on every instruction set.
template <typename Run>
void ExpectSameForAnyThreads(const Run& run) {
  for (const Isa isa : SupportedIsas()) ExpectSameForAnyThreads(isa, run);
}

}  // namespace fcn::test
