#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/reference.h"
#include "support/every_isa.h"
#include "support/guarded_image.h"
#include "tensor/random.h"

namespace fcn {
namespace {

using test::GuardedFloats;
using test::Magnitudes;
using test::UniformDoubles;

/// A product with all that may surround it; operands are functions of (seed, i, j), gaps between rows stay NaN.
struct Product {
  int64_t m, n, k;
  int64_t a_gap = 0, c_gap = 0;
  int misalign = 0;
  bool partial = false, bias = false, residual = false, scale = false;
  Activation activation = Activation::kNone;
};

GuardedFloats Spread(const std::vector<double>& values, int64_t rows, int64_t columns, int64_t gap, int misalign) {
  GuardedFloats spread(rows > 0 ? (rows - 1) * (columns + gap) + columns : 0, misalign);
  for (int64_t i = 0; i < rows * columns; i++)
    spread[i / columns * (columns + gap) + i % columns] = static_cast<float>(values[static_cast<size_t>(i)]);
  return spread;
}

const double* DataIf(bool wanted, const std::vector<double>& values) { return wanted ? values.data() : nullptr; }

void ExpectAgrees(const Product& p, const GemmKernels& gemm) {
  const auto a = UniformDoubles(p.m * p.k, 1), b = UniformDoubles(p.k * p.n, 2),
             partial = UniformDoubles(p.m * p.n, 3, 4);
  const auto bias = UniformDoubles(p.n, 4, 4), residual = UniformDoubles(p.m * p.n, 5, 4),
             scale = UniformDoubles(p.n, 6);
  auto scaled = b;
  if (p.scale)
    for (size_t i = 0; i < b.size(); i++) scaled[i] *= scale[i % static_cast<size_t>(p.n)];
  std::vector<double> expected(static_cast<size_t>(p.m * p.n)), magnitude(expected.size());
  GemmReference<double>(p.m, p.n, p.k, a.data(), scaled.data(), DataIf(p.partial, partial), DataIf(p.bias, bias),
                        DataIf(p.residual, residual), p.activation, expected.data());
  const auto abs_a = Magnitudes(a), abs_b = Magnitudes(scaled), abs_partial = Magnitudes(partial);
  const auto abs_bias = Magnitudes(bias), abs_residual = Magnitudes(residual);
  GemmReference<double>(p.m, p.n, p.k, abs_a.data(), abs_b.data(), DataIf(p.partial, abs_partial),
                        DataIf(p.bias, abs_bias), DataIf(p.residual, abs_residual), Activation::kNone,
                        magnitude.data());

  const auto fa = Spread(a, p.m, p.k, p.a_gap, p.misalign), fb = Spread(b, p.k, p.n, 0, p.misalign);
  const auto fpartial = Spread(partial, p.m, p.n, p.c_gap, p.misalign), fbias = Spread(bias, 1, p.n, 0, p.misalign);
  const auto fresidual = Spread(residual, p.m, p.n, p.a_gap, p.misalign), fscale = Spread(scale, 1, p.n, 0, 0);
  GuardedFloats packed(gemm.packed_floats(p.k, p.n));
  gemm.pack(p.k, p.n, fb.data(), p.n, 1, p.scale ? fscale.data() : nullptr, packed.data());
  ASSERT_TRUE(packed.Intact());
  for (int64_t i = 0; i < packed.size(); i++) ASSERT_FALSE(std::isnan(packed[i])) << "unwritten at " << i;

  const int64_t c_stride = p.n + p.c_gap;
  GuardedFloats c((p.m - 1) * c_stride + p.n, p.misalign);
  GemmEpilogue e;
  const std::vector<float> slopes = TestSlopes(p.activation, p.n);
  e.activation = p.activation, e.slopes = slopes.data();
  if (p.partial) e.partial = fpartial.data(), e.partial_stride = c_stride;
  if (p.bias) e.bias = fbias.data();
  if (p.residual) e.residual = fresidual.data(), e.residual_stride = p.n + p.a_gap;
  gemm.multiply(p.m, p.n, p.k, fa.data(), p.k + p.a_gap, packed.data(), c.data(), c_stride, e);
  ASSERT_TRUE(c.Intact());
  // k multiplications and additions, the scale and three additions, each within 2⁻²⁴ of what it rounds: never more than
  // the length of the sum times 2⁻²⁴ of the sum of magnitudes, to first order.
  const double units = static_cast<double>(p.k + 5) * 0x1p-24;
  for (int64_t i = 0; i < c.size(); i++) {
    if (i % c_stride >= p.n) {
      ASSERT_TRUE(std::isnan(c[i])) << "written between rows";
      continue;
    }
    const auto at = static_cast<size_t>(i / c_stride * p.n + i % c_stride);
    ASSERT_NEAR(c[i], expected[at], BoundOf(p.activation, units * magnitude[at], magnitude[at]))
        << "row " << i / c_stride << " column " << i % c_stride;
  }
}

class Gemm : public test::EveryIsa {
 protected:
  const GemmKernels& gemm = GemmKernelsFor(GetParam());
};
FCN_FOR_EVERY_ISA(EveryIsa, Gemm);

TEST_P(Gemm, AgreesWithTheReferenceForEveryRemainder) {
  uint64_t variant = 0;
  for (int64_t m = 1; m <= 2 * gemm.rows + 1; m++)
    for (int64_t n = 1; n <= 2 * gemm.panel + 1; n++) {
      // Every mix of options meets every remainder, spread over the lengths of the sum.
      for (const int64_t k : {0, 1, 2, 7, 32}) {
        const uint64_t bits = RandomBits(7, variant++);
        const Product p{.m = m,
                        .n = n,
                        .k = k,
                        .a_gap = static_cast<int64_t>(bits % 3),
                        .c_gap = static_cast<int64_t>(bits / 4 % 3),
                        .misalign = static_cast<int>(bits / 16 % 4),
                        .partial = (bits >> 8 & 1) != 0,
                        .bias = (bits >> 9 & 1) != 0,
                        .residual = (bits >> 10 & 1) != 0,
                        .scale = (bits >> 11 & 1) != 0,
                        .activation = kEveryActivation[bits / 4096 % kEveryActivation.size()]};
        SCOPED_TRACE(testing::Message() << m << " x " << n << " x " << k << ", options " << bits % 65536);
        ExpectAgrees(p, gemm);
        if (HasFatalFailure()) return;
      }
    }
}

TEST_P(Gemm, LongSums) {
  for (const int64_t k : {255, 512, 640, 2000}) ExpectAgrees({.m = 17, .n = 45, .k = k, .bias = true}, gemm);
}

TEST_P(Gemm, NoRowsOrColumnsWriteNothing) {
  GuardedFloats c(8), packed(int64_t{8} * gemm.panel);
  for (int64_t i = 0; i < packed.size(); i++) packed[i] = 1;
  const float a[8] = {};
  gemm.multiply(0, 8, 8, a, 8, packed.data(), c.data(), 8, {});
  gemm.multiply(1, 0, 8, a, 8, packed.data(), c.data(), 8, {});
  for (int64_t i = 0; i < c.size(); i++) EXPECT_TRUE(std::isnan(c[i]));
  EXPECT_EQ(gemm.packed_floats(0, 9), 0);
  EXPECT_EQ(gemm.packed_floats(9, 0), 0);
}

TEST_P(Gemm, PacksRowsAndColumnsWhereverTheyLie) {
  for (const int64_t k : {0, 1, 3, 4, 127, 131, 258})
    for (const int64_t n : {1, 4, 5, 16, 32, 45, 96})
      for (const auto& [k_stride, j_stride] : {std::pair<int64_t, int64_t>{n + 3, 1}, {1, k + 2}, {2, 2 * k + 5}}) {
        GuardedFloats b((k + 2) * k_stride + (n + 2) * j_stride, 1), packed(gemm.packed_floats(k, n));
        b.Fill(1);
        gemm.pack(k, n, b.data(), k_stride, j_stride, nullptr, packed.data());
        ASSERT_TRUE(packed.Intact());
        for (int64_t j = 0; j < (n + gemm.lanes - 1) / gemm.lanes * gemm.lanes; j++) {
          const int64_t panel = j / gemm.panel * gemm.panel, width = n - panel > gemm.lanes ? gemm.panel : gemm.lanes;
          if (j - panel >= width) continue;
          for (int64_t i = 0; i < k; i++) {
            const float expected = j < n ? b[i * k_stride + j * j_stride] : 0.0f;
            ASSERT_EQ(packed[panel * k + i * width + j - panel], expected) << k << " " << n << " " << i << " " << j;
          }
        }
      }
}

TEST_P(Gemm, ARowDoesNotDependOnItsBlock) {
  const int64_t m = 3 * gemm.rows + 2, n = gemm.panel + gemm.lanes + 3, k = 33;
  std::vector<float> a(static_cast<size_t>(m * k)), b(static_cast<size_t>(k * n));
  test::FillUniform(a.data(), m * k, 1);
  test::FillUniform(b.data(), k * n, 2);
  GuardedFloats packed(gemm.packed_floats(k, n)), together(m * n), alone(m * n);
  gemm.pack(k, n, b.data(), n, 1, nullptr, packed.data());
  gemm.multiply(m, n, k, a.data(), k, packed.data(), together.data(), n, {});
  for (int64_t i = 0; i < m; i++)
    gemm.multiply(1, n, k, a.data() + i * k, k, packed.data(), alone.data() + i * n, n, {});
  EXPECT_EQ(0, std::memcmp(together.data(), alone.data(), static_cast<size_t>(m * n) * sizeof(float)));
}

TEST_P(Gemm, PartialSumsAndResidualMayBeTheOutput) {
  const int64_t m = gemm.rows + 1, n = gemm.panel + 3, k = 9;
  const auto a = UniformDoubles(m * k, 1), b = UniformDoubles(k * n, 2), before = UniformDoubles(m * n, 3);
  const auto fa = Spread(a, m, k, 0, 0), fb = Spread(b, k, n, 0, 0), fbefore = Spread(before, m, n, 0, 0);
  GuardedFloats packed(gemm.packed_floats(k, n)), apart(m * n);
  gemm.pack(k, n, fb.data(), n, 1, nullptr, packed.data());
  for (const bool partial : {false, true}) {
    auto c = Spread(before, m, n, 0, 0);
    GemmEpilogue in_place, elsewhere;
    (partial ? in_place.partial : in_place.residual) = c.data();
    (partial ? elsewhere.partial : elsewhere.residual) = fbefore.data();
    in_place.partial_stride = in_place.residual_stride = elsewhere.partial_stride = elsewhere.residual_stride = n;
    gemm.multiply(m, n, k, fa.data(), k, packed.data(), c.data(), n, in_place);
    gemm.multiply(m, n, k, fa.data(), k, packed.data(), apart.data(), n, elsewhere);
    EXPECT_EQ(0, std::memcmp(c.data(), apart.data(), static_cast<size_t>(m * n) * sizeof(float)));
  }
}

TEST_P(Gemm, PacksAnyStrides) {
  // B transposed and with gaps: element (i, j) at i · 2 + j · 31.
  const int64_t k = 13, n = gemm.panel + 1;
  std::vector<float> b(static_cast<size_t>(n * 31));
  test::FillUniform(b.data(), n * 31, 1);
  GuardedFloats packed(gemm.packed_floats(k, n));
  gemm.pack(k, n, b.data(), 2, 31, nullptr, packed.data());
  ASSERT_TRUE(packed.Intact());
  ASSERT_EQ(packed.size(), k * (gemm.panel + gemm.lanes));
  for (int64_t i = 0; i < k; i++) {
    for (int64_t j = 0; j < gemm.panel; j++)
      EXPECT_EQ(packed[i * gemm.panel + j], b[static_cast<size_t>(i * 2 + j * 31)]);
    const float* last = packed.data() + k * gemm.panel + i * gemm.lanes;
    EXPECT_EQ(last[0], b[static_cast<size_t>(i * 2 + int64_t{31} * gemm.panel)]);
    for (int64_t j = 1; j < gemm.lanes; j++) EXPECT_EQ(last[j], 0);
  }
}

/// Floats that end where the next page may not be touched.
class AtPageEnd {
 public:
  explicit AtPageEnd(int64_t count) : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    bytes_ = (static_cast<size_t>(count) * sizeof(float) + page_ - 1) / page_ * page_;
    begin_ =
        static_cast<char*>(mmap(nullptr, bytes_ + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (begin_ == MAP_FAILED || mprotect(begin_ + bytes_, page_, PROT_NONE) != 0) throw std::bad_alloc();
    data_ = reinterpret_cast<float*>(begin_ + bytes_) - count;
  }
  ~AtPageEnd() { munmap(begin_, bytes_ + page_); }
  AtPageEnd(const AtPageEnd&) = delete;
  AtPageEnd& operator=(const AtPageEnd&) = delete;
  float* data() { return data_; }

 private:
  size_t page_, bytes_;
  char* begin_;
  float* data_;
};

TEST_P(Gemm, TouchesNothingBeyondItsOperands) {
  for (int64_t n = 1; n <= gemm.panel + gemm.lanes; n++) {
    const int64_t m = gemm.rows + 1, k = 3;
    AtPageEnd a(m * k), b(k * n), scale(n), packed(gemm.packed_floats(k, n)), c(m * n), bias(n), residual(m * n);
    gemm.pack(k, n, b.data(), n, 1, scale.data(), packed.data());
    GemmEpilogue e{c.data(), n, bias.data(), residual.data(), n, Activation::kRelu6};
    c.data()[m * n - 1] = 2;
    bias.data()[n - 1] = 1;
    residual.data()[m * n - 1] = 2;
    gemm.multiply(m, n, k, a.data(), k, packed.data(), c.data(), n, e);
    EXPECT_EQ(c.data()[m * n - 1], 5);
  }
}

void ExpectTransposedAgrees(int64_t m, int64_t n, int64_t k, int64_t gap, bool accumulate, const GemmKernels& gemm) {
  const auto a = UniformDoubles(k * m, 1), b = UniformDoubles(k * n, 2), before = UniformDoubles(m * n, 3, 4);
  std::vector<double> expected(static_cast<size_t>(m * n)), magnitude(expected.size());
  GemmTransposedReference<double>(m, n, k, a.data(), b.data(), DataIf(accumulate, before), expected.data());
  GemmTransposedReference<double>(m, n, k, Magnitudes(a).data(), Magnitudes(b).data(),
                                  DataIf(accumulate, Magnitudes(before)), magnitude.data());
  const auto fa = Spread(a, k, m, gap, static_cast<int>(gap)), fb = Spread(b, k, n, 2 * gap, 1);
  auto c = Spread(before, m, n, gap, 0);
  if (!accumulate) c = GuardedFloats(c.size());
  gemm.multiply_transposed(m, n, k, fa.data(), m + gap, fb.data(), n + 2 * gap, c.data(), n + gap, accumulate);
  ASSERT_TRUE(c.Intact());
  // As above: k multiplications and additions, and the addition of what was there.
  const double units = static_cast<double>(k + 1) * 0x1p-24;
  for (int64_t i = 0; i < c.size(); i++) {
    if (i % (n + gap) >= n) {
      ASSERT_TRUE(std::isnan(c[i])) << "written between rows";
      continue;
    }
    const auto at = static_cast<size_t>(i / (n + gap) * n + i % (n + gap));
    ASSERT_NEAR(c[i], expected[at], units * magnitude[at]) << "row " << i / (n + gap) << " column " << i % (n + gap);
  }
}

TEST_P(Gemm, TransposedAgreesWithTheReferenceForEveryRemainder) {
  uint64_t variant = 0;
  for (int64_t m = 1; m <= 2 * gemm.rows + 1; m++)
    for (int64_t n = 1; n <= 2 * gemm.panel + 1; n++)
      for (const int64_t k : {0, 1, 7, 32}) {
        const uint64_t bits = RandomBits(8, variant++);
        SCOPED_TRACE(testing::Message() << m << " x " << n << " x " << k << ", options " << bits % 8);
        ExpectTransposedAgrees(m, n, k, static_cast<int64_t>(bits % 3), (bits >> 8 & 1) != 0, gemm);
        if (HasFatalFailure()) return;
      }
  ExpectTransposedAgrees(45, 67, 700, 1, true, gemm);
}

TEST_P(Gemm, TransposedTouchesNothingBeyondItsOperands) {
  for (int64_t n = 1; n <= gemm.panel + gemm.lanes; n++) {
    const int64_t m = gemm.rows + 1, k = 3;
    AtPageEnd a(m * k), b(k * n), c(m * n);
    a.data()[m * k - 1] = 2;
    b.data()[k * n - 1] = 3;
    c.data()[m * n - 1] = 1;
    gemm.multiply_transposed(m, n, k, a.data(), m, b.data(), n, c.data(), n, true);
    EXPECT_EQ(c.data()[m * n - 1], 7);
    gemm.multiply_transposed(m, n, k, a.data(), m, b.data(), n, c.data(), n, false);
    EXPECT_EQ(c.data()[m * n - 1], 6);
  }
}

TEST_P(Gemm, RunsTheInstructionsThatWereAskedFor) {
  const int lanes = GetParam() == Isa::kAvx512 ? 16 : GetParam() == Isa::kAvx2 ? 8 : 4;
  EXPECT_EQ(gemm.lanes, lanes);
  // (1 + 2⁻¹²)² − 1 = 2⁻¹¹ + 2⁻²⁴: the last bit survives only where multiplication and addition are fused.
  const float a[2] = {-1, 1 + 0x1p-12f};
  const float b[2] = {1, 1 + 0x1p-12f};
  GuardedFloats packed(gemm.packed_floats(2, 1));
  gemm.pack(2, 1, b, 1, 1, nullptr, packed.data());
  float c = 0;
  gemm.multiply(1, 1, 2, a, 2, packed.data(), &c, 1, {});
  const bool fused = GetParam() == Isa::kAvx2 || GetParam() == Isa::kAvx512 || GetParam() == Isa::kNeon;
  EXPECT_EQ(c, fused ? 0x1p-11f + 0x1p-24f : 0x1p-11f);
}

}  // namespace
}  // namespace fcn
