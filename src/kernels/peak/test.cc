#include <gtest/gtest.h>

#include "kernels/peak/reference.h"
#include "support/guarded.h"

namespace fcn::peak {
namespace {

TEST(Peak, MultiplyAddsAreAllDone) {
  for (const Isa isa : SupportedIsas())
    for (const int64_t steps : {0, 1, 2, 3, 10, 1000}) {
      const Kernels& kernels = KernelsFor(isa);
      const double expected = MultiplyAddsReference<double>(kernels.lanes, steps, 0.75, 0.5);
      EXPECT_NEAR(kernels.multiply_adds(steps, 0.75f, 0.5f), expected, 1e-5 * expected)
          << IsaName(isa) << ", " << steps << " steps";
    }
}

TEST(Peak, SumsAreOfEveryFloat) {
  for (const Isa isa : SupportedIsas())
    for (const int64_t blocks : {0, 1, 2, 3, 17}) {
      test::GuardedFloats floats(blocks * kBlockFloats);
      floats.Fill(1);
      EXPECT_NEAR(KernelsFor(isa).sum(floats.data(), floats.size()), SumReference<double>(floats.data(), floats.size()),
                  1e-6 * static_cast<double>(floats.size()))
          << IsaName(isa) << ", " << blocks << " blocks";
    }
}

TEST(Peak, TriadsWriteEveryFloatAndNothingElse) {
  constexpr float kScale = 0.5f;  // its products are exact, so that fused and separate roundings agree
  for (const Isa isa : SupportedIsas())
    for (const int64_t blocks : {0, 1, 2, 3, 17}) {
      test::GuardedFloats a(blocks * kBlockFloats), b(a.size()), to(a.size());
      a.Fill(1);
      b.Fill(2);
      KernelsFor(isa).triad(a.data(), b.data(), kScale, to.data(), to.size());
      EXPECT_TRUE(to.Intact());
      for (int64_t i = 0; i < to.size(); i++)
        ASSERT_EQ(to[i], TriadReference(a[i], b[i], kScale)) << IsaName(isa) << ", float " << i;
    }
}

}  // namespace
}  // namespace fcn::peak
