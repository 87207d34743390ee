#include "image/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "fcn/error.h"

namespace fcn {
namespace {

constexpr int kBits = 22;         // of the weights' fraction: with 8-bit pixels, sums stay below 2³¹
constexpr int64_t kRows = 16;     // of a task
constexpr int64_t kStrip = 1024;  // bytes of a row that are summed at a time, in the first-level cache

/// For each output position, the inputs [first, first + count) that it is made of and their weights, which sum to 1.
struct Taps {
  int stride = 0;
  std::vector<int> first, count;
  std::vector<int32_t> weights;  ///< `stride` for each output
};

Taps TriangleTaps(int in, int out) {
  const double scale = static_cast<double>(in) / out;
  const double radius = std::max(scale, 1.0);
  Taps taps;
  taps.stride = static_cast<int>(std::ceil(radius)) * 2 + 1;
  taps.first.resize(static_cast<size_t>(out));
  taps.count.resize(static_cast<size_t>(out));
  taps.weights.resize(static_cast<size_t>(out) * static_cast<size_t>(taps.stride));
  std::vector<double> weights(static_cast<size_t>(taps.stride));
  for (int o = 0; o < out; o++) {
    const double centre = (o + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(std::lround(centre - radius)));
    const int count = std::min(in, static_cast<int>(std::lround(centre + radius))) - first;
    double sum = 0;
    for (int i = 0; i < count; i++) {
      const double distance = std::abs((i + first - centre + 0.5) * (1 / radius));
      weights[static_cast<size_t>(i)] = distance < 1 ? 1 - distance : 0;
      sum += weights[static_cast<size_t>(i)];
    }
    int32_t* fixed = &taps.weights[static_cast<size_t>(o) * static_cast<size_t>(taps.stride)];
    for (int i = 0; i < count; i++)
      fixed[i] = static_cast<int32_t>(std::lround(weights[static_cast<size_t>(i)] * (1 / sum) * (1 << kBits)));
    taps.first[static_cast<size_t>(o)] = first;
    taps.count[static_cast<size_t>(o)] = count;
  }
  return taps;
}

uint8_t Rounded(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kBits, 0, 255)); }

void ForRows(const Context& context, int64_t height, FunctionRef<void(int64_t)> row) {
  context.Parallel((height + kRows - 1) / kRows, [&](int64_t task, int) {
    for (int64_t y = task * kRows; y < std::min(height, (task + 1) * kRows); y++) row(y);
  });
}

Image ResizeRows(const Image& image, int width, const Context& context) {
  const Taps taps = TriangleTaps(image.width, width);
  Image out{width, image.height,
            std::vector<uint8_t>(static_cast<size_t>(width) * static_cast<size_t>(image.height) * 3)};
  ForRows(context, image.height, [&](int64_t y) {
    const uint8_t* from = image.rgb.data() + y * image.width * 3;
    uint8_t* to = out.rgb.data() + y * width * 3;
    for (int x = 0; x < width; x++) {
      const int32_t* weights = taps.weights.data() + static_cast<int64_t>(x) * taps.stride;
      const uint8_t* pixel = from + int64_t{taps.first[static_cast<size_t>(x)]} * 3;
      int32_t r = 1 << (kBits - 1), g = r, b = r;
      for (int i = 0; i < taps.count[static_cast<size_t>(x)]; i++, pixel += 3) {
        r += pixel[0] * weights[i];
        g += pixel[1] * weights[i];
        b += pixel[2] * weights[i];
      }
      *to++ = Rounded(r);
      *to++ = Rounded(g);
      *to++ = Rounded(b);
    }
  });
  return out;
}

Image ResizeColumns(const Image& image, int height, const Context& context) {
  const Taps taps = TriangleTaps(image.height, height);
  const int64_t row_bytes = int64_t{image.width} * 3;
  Image out{image.width, height, std::vector<uint8_t>(static_cast<size_t>(row_bytes) * static_cast<size_t>(height))};
  ForRows(context, height, [&](int64_t y) {
    const int32_t* weights = taps.weights.data() + y * taps.stride;
    const uint8_t* from = image.rgb.data() + taps.first[static_cast<size_t>(y)] * row_bytes;
    uint8_t* to = out.rgb.data() + y * row_bytes;
    for (int64_t start = 0; start < row_bytes; start += kStrip) {
      const int64_t count = std::min(kStrip, row_bytes - start);
      int32_t sums[kStrip];
      std::fill_n(sums, count, 1 << (kBits - 1));
      for (int i = 0; i < taps.count[static_cast<size_t>(y)]; i++) {
        const uint8_t* row = from + i * row_bytes + start;
        for (int64_t x = 0; x < count; x++) sums[x] += row[x] * weights[i];
      }
      for (int64_t x = 0; x < count; x++) to[start + x] = Rounded(sums[x]);
    }
  });
  return out;
}

}  // namespace

Image ResizeBilinear(const Image& image, int width, int height, const Context& context) {
  FCN_CHECK(image.width > 0 && image.height > 0 && width > 0 && height > 0);
  if (width == image.width) return height == image.height ? image : ResizeColumns(image, height, context);
  Image rows = ResizeRows(image, width, context);
  return height == image.height ? rows : ResizeColumns(rows, height, context);
}

template <typename Label>
std::vector<Label> ResizeNearest(const Label* labels, Size from, Size to, const Context& context) {
  FCN_CHECK(from.width > 0 && from.height > 0 && to.width > 0 && to.height > 0);
  const auto source = [](int64_t i, int64_t in, int64_t out) { return (2 * i + 1) * in / (2 * out); };
  std::vector<int64_t> columns(static_cast<size_t>(to.width));
  for (size_t x = 0; x < columns.size(); x++) columns[x] = source(static_cast<int64_t>(x), from.width, to.width);
  std::vector<Label> out(columns.size() * static_cast<size_t>(to.height));
  ForRows(context, to.height, [&](int64_t y) {
    const Label* row = labels + source(y, from.height, to.height) * from.width;
    Label* target = out.data() + y * to.width;
    for (size_t x = 0; x < columns.size(); x++) target[x] = row[columns[x]];
  });
  return out;
}

template std::vector<uint8_t> ResizeNearest(const uint8_t*, Size, Size, const Context&);
template std::vector<uint16_t> ResizeNearest(const uint16_t*, Size, Size, const Context&);
template std::vector<int32_t> ResizeNearest(const int32_t*, Size, Size, const Context&);

Size FitShorterSide(Size size, int side) {
  FCN_CHECK(size.width > 0 && size.height > 0 && side > 0);
  const int64_t shorter = std::min(size.width, size.height), longer = std::max(size.width, size.height);
  const int64_t fitted = longer * side / shorter;
  if (fitted > INT_MAX)
    throw Error(
        ErrorCode::kInput,
        fmt::format("a picture of {}x{} cannot be resized to a shorter side of {}", size.width, size.height, side),
        "Make the picture less long and narrow, or cut it up.");
  const int length = static_cast<int>(fitted);
  return size.width <= size.height ? Size{side, length} : Size{length, side};
}

Image CentreCrop(const Image& image, int width, int height) {
  FCN_CHECK(width > 0 && height > 0);
  if (width > image.width || height > image.height)
    throw Error(ErrorCode::kInput,
                fmt::format("a picture of {}x{} has no centre part of {}x{}", image.width, image.height, width, height),
                "Resize it first, so that its shorter side is long enough.");
  const size_t row_bytes = static_cast<size_t>(width) * 3, stride = static_cast<size_t>(image.width) * 3;
  const size_t top = static_cast<size_t>(image.height - height) / 2,
               left = static_cast<size_t>(image.width - width) / 2;
  Image out{width, height, std::vector<uint8_t>(row_bytes * static_cast<size_t>(height))};
  for (size_t y = 0; y < static_cast<size_t>(height); y++)
    std::memcpy(&out.rgb[y * row_bytes], &image.rgb[(top + y) * stride + left * 3], row_bytes);
  return out;
}

}  // namespace fcn
