#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/convert/convert.h"
#include "kernels/convert/reference.h"
#include "tensor/random.h"

namespace fcn::convert {
namespace {

/// Numbers near every bound and every tie, and some between.
std::vector<float> Interesting() {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> values = {0.0f, -0.0f, kInfinity, -kInfinity, NAN, -NAN, 1e-45f, 1e-39f, -1e-38f, 3.4028235e38f};
  for (const float bound : {127.0f, 128.0f, 255.0f, 256.0f, 32767.0f, 65535.0f, 2147483648.0f, 0x1p23f, 0x1p30f})
    for (const float sign : {1.0f, -1.0f})
      for (const float more : {-1.5f, -1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 1.5f}) values.push_back(sign * (bound + more));
  for (int i = -12; i <= 12; i++) values.push_back(static_cast<float>(i) / 2), values.push_back(0.1f * i);
  // Ties of bfloat16 and their neighbours.
  for (const uint32_t bits : {0x3f800000u, 0x3f810000u, 0x7f7f0000u, 0x00010000u, 0xbf800000u, 0xc2ff0000u})
    for (const uint32_t more : {0u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu})
      values.push_back(std::bit_cast<float>(bits + more));
  // NaNs whose upper half alone would be an infinity.
  values.push_back(std::bit_cast<float>(0x7f800001u)), values.push_back(std::bit_cast<float>(0xff80ffffu));
  return values;
}

/// A map with gaps between pixels, and rows and columns around it, which must stay as they are.
template <typename T>
class Map {
 public:
  Map(const Nhwc& shape, int64_t gap) : whole_({shape.n, shape.h + 3, shape.w + 2, shape.c + gap}) {
    storage_.resize(static_cast<size_t>(whole_.elements()));
    std::memset(static_cast<void*>(storage_.data()), kGuard, storage_.size() * sizeof(T));
    view = TensorView<T>(storage_.data(), whole_).Rectangle(1, 1, shape.h, shape.w).Channels(0, shape.c);
  }

  template <typename Visit>
  void ForEach(const Visit& visit) const {
    int64_t i = 0;
    for (int64_t n = 0; n < view.shape.n; n++)
      for (int64_t y = 0; y < view.shape.h; y++)
        for (int64_t x = 0; x < view.shape.w; x++)
          for (int64_t c = 0; c < view.shape.c; c++) visit(view.at(n, y, x)[c], i++);
  }
  /// Bytes that are not part of the view and were changed.
  int64_t Spoilt() {
    ForEach([](T& element, int64_t) { std::memset(static_cast<void*>(&element), kGuard, sizeof(T)); });
    const auto* bytes = reinterpret_cast<const uint8_t*>(storage_.data());
    return std::count_if(bytes, bytes + storage_.size() * sizeof(T), [](uint8_t byte) { return byte != kGuard; });
  }

  TensorView<T> view;

 private:
  static constexpr uint8_t kGuard = 0xa5;
  Nhwc whole_;
  std::vector<T> storage_;
};

bool Same(float a, float b) { return a == b ? std::signbit(a) == std::signbit(b) : a != a && b != b; }
bool Same(BFloat16 a, float b) { return Same(std::bit_cast<float>(uint32_t{a.bits} << 16), b); }
template <std::integral T>
bool Same(T a, T b) {
  return a == b;
}

/// run(x, y, context) over swept shapes against expected(x), element by element.
template <typename From, typename To, typename Fill, typename Run, typename Expected>
void Sweep(const Fill& fill, const Run& run, const Expected& expected) {
  for (const Nhwc& shape :
       {Nhwc{1, 1, 1, 1}, Nhwc{1, 1, 1, 300}, Nhwc{2, 5, 7, 3}, Nhwc{1, 9, 6, 16}, Nhwc{1, 40, 31, 17}})
    for (const int64_t gap : {0, 5})
      for (const int threads : {1, 2, 3}) {
        const Context context(threads);
        Map<From> x(shape, gap);
        Map<To> y(shape, 2 * gap);
        x.ForEach([&](From& element, int64_t i) { element = fill(i); });
        run(TensorView<const From>(x.view), y.view, context);
        std::vector<From> from;
        x.ForEach([&](From& element, int64_t) { from.push_back(element); });
        y.ForEach([&](To& element, int64_t i) {
          ASSERT_TRUE(Same(element, expected(from[static_cast<size_t>(i)])))
              << "element " << i << " of " << ToString(shape);
        });
        EXPECT_EQ(x.Spoilt(), 0);
        EXPECT_EQ(y.Spoilt(), 0);
      }
}

float FloatAt(int64_t i) {
  static const std::vector<float> interesting = Interesting();
  if (i < std::ssize(interesting)) return interesting[static_cast<size_t>(i)];
  const uint64_t bits = RandomBits(5, static_cast<uint64_t>(i));
  return std::ldexp(static_cast<float>(bits % 20001) / 10000 - 1, static_cast<int>(bits >> 32) % 40 - 5);
}

template <typename T>
void SweepIntegers() {
  Sweep<float, T>(
      FloatAt, [](auto x, auto y, const Context& context) { Cast<float, T>(x, y, context); },
      [](float x) { return reference::Integer<T>(x); });
  Sweep<T, float>([](int64_t i) { return static_cast<T>(RandomBits(2, static_cast<uint64_t>(i))); },
                  [](auto x, auto y, const Context& context) { Cast<T, float>(x, y, context); },
                  [](T x) { return static_cast<float>(x); });
}

TEST(ConvertTest, IntegersAreTheNearestOnes) {
  SweepIntegers<int8_t>();
  SweepIntegers<uint8_t>();
  SweepIntegers<uint16_t>();
  SweepIntegers<int32_t>();
}

TEST(ConvertTest, BFloat16IsTheNearestOne) {
  Sweep<float, BFloat16>(
      FloatAt, [](auto x, auto y, const Context& context) { Cast<float, BFloat16>(x, y, context); },
      reference::AsBFloat16);
}

TEST(ConvertTest, EveryBFloat16IsAFloat) {
  Map<BFloat16> x({1, 16, 16, 256}, 0), back({1, 16, 16, 256}, 0);
  Map<float> y({1, 16, 16, 256}, 0);
  x.ForEach([](BFloat16& element, int64_t i) { element.bits = static_cast<uint16_t>(i); });
  const Context context(2);
  Cast<BFloat16, float>(x.view, y.view, context);
  Cast<float, BFloat16>(y.view, back.view, context);
  y.ForEach(
      [](float& element, int64_t i) { ASSERT_EQ(std::bit_cast<uint32_t>(element), static_cast<uint32_t>(i) << 16); });
  back.ForEach([](BFloat16& element, int64_t i) {
    const bool is_nan = (i & 0x7fff) > 0x7f80;
    ASSERT_EQ(element.bits, is_nan ? i | 0x40 : i);
  });
}

template <typename Q>
void SweepQuantised(const Quantisation& q) {
  Sweep<float, Q>(
      FloatAt, [&](auto x, auto y, const Context& context) { Quantise<Q>(x, q, y, context); },
      [&](float x) { return reference::Quantise<Q>(x, q); });
  Sweep<Q, float>([](int64_t i) { return static_cast<Q>(i); },
                  [&](auto x, auto y, const Context& context) { Dequantise<Q>(x, q, y, context); },
                  [&](Q x) { return reference::Dequantise(x, q); });
}

TEST(ConvertTest, QuantisedIsWhatOnnxSays) {
  for (const float scale : {1.0f, 0.5f, 0.1f, 0.0173f, 3.0f, 1e-30f, 1e30f}) {
    for (const int zero_point : {0, 1, -3, 127, -128}) SweepQuantised<int8_t>({scale, zero_point});
    for (const int zero_point : {0, 1, 128, 255}) SweepQuantised<uint8_t>({scale, zero_point});
  }
}

TEST(ConvertTest, ByHand) {
  Map<float> x({1, 1, 1, 10}, 0);
  Map<int8_t> q({1, 1, 1, 10}, 0);
  constexpr float kValues[] = {0, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 1000, -1000, NAN, 126.5f};
  constexpr int kExpected[] = {3, 3, 5, 5, 3, 1, 127, -128, 3, 127};
  x.ForEach([&](float& element, int64_t i) { element = kValues[i] * 0.25f; });
  Quantise<int8_t>(x.view, {0.25f, 3}, q.view, Context(1));
  q.ForEach([&](int8_t& element, int64_t i) { EXPECT_EQ(element, kExpected[i]) << kValues[i]; });
}

}  // namespace
}  // namespace fcn::convert
