#include "graph/coordinates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fcn/error.h"
#include "graph/remedies.h"

namespace fcn {
namespace {

// What a node reads and writes along one axis. The rules below are for one axis; the two are independent.
struct Axis {
  bool vertical;
  std::vector<AxisMap> maps;   // of the activations that it reads
  std::vector<int64_t> sizes;  // of the same
  int64_t output_size;

  double Along(Size2 size) const { return vertical ? size.h : size.w; }
  double Before(const Padding& padding) const { return vertical ? padding.top : padding.left; }
  const AxisMap& x() const { return maps[0]; }
};

std::string ToString(const AxisMap& map) {
  return fmt::format("{:g} * i {} {:g}", map.scale, map.offset < 0 ? '-' : '+', std::abs(map.offset));
}

// The map of something whose index i lies at step · i + first of x's indices and which reads them up to reach / 2 away.
AxisMap Compose(const AxisMap& x, double step, double first, double reach) {
  return {x.scale * step, x.scale * first + x.offset, x.receptive_field + x.scale * reach};
}

AxisMap Window(const Axis& axis, Size2 kernel, Size2 stride, Size2 dilation, const Padding& padding) {
  const double reach = axis.Along(dilation) * (axis.Along(kernel) - 1);
  return Compose(axis.x(), axis.Along(stride), reach / 2 - axis.Before(padding), reach);
}

AxisMap WholeMap(const Axis& axis) {
  const auto size = static_cast<double>(axis.sizes[0]);
  return Compose(axis.x(), size, (size - 1) / 2, size - 1);
}

AxisMap Join(const Axis& axis) {
  const auto smaller = [](const AxisMap& a, const AxisMap& b) { return a.receptive_field < b.receptive_field; };
  AxisMap joined = *std::min_element(axis.maps.begin(), axis.maps.end(), smaller);
  const AxisMap base = joined;
  for (const AxisMap& map : axis.maps) {
    const double last = static_cast<double>(axis.output_size - 1);
    const double apart_first = map.offset - base.offset, apart_last = apart_first + (map.scale - base.scale) * last;
    const double apart = std::max(std::abs(apart_first), std::abs(apart_last));
    if (apart > map.receptive_field / 2)
      throw Error(ErrorCode::kInput,
                  fmt::format("its inputs see different places along {}: {} and {} pixels of the image",
                              axis.vertical ? "y" : "x", ToString(base), ToString(map)),
                  kBadGraph);
    joined.receptive_field = std::max(joined.receptive_field, map.receptive_field + 2 * apart);
  }
  return joined;
}

int CropBegin(const AxisMap& x, const AxisMap& like) {
  constexpr double kRounding = 1e-6, kMost = 1e9;
  const double begin = (like.offset - x.offset) / x.scale;
  const bool same_scale = std::abs(like.scale - x.scale) <= kRounding * std::abs(x.scale);
  // Written so that a NaN fails too.
  if (!same_scale || !(std::abs(begin) < kMost) || std::abs(begin - std::round(begin)) > kRounding)
    throw Error(
        ErrorCode::kInput,
        fmt::format("no crop maps the grid {} onto the grid {} (pixels of the image)", ToString(x), ToString(like)),
        "A crop needs equal scales and an integer offset; a Resize needs neither.");
  return static_cast<int>(std::lround(begin));
}

template <typename T>
  requires IsOfKind<T, OpKind::kPointwise, OpKind::kLikeFirst>
AxisMap MapOf(const T&, const Axis& axis) {
  return axis.x();
}
template <typename T>
  requires IsOfKind<T, OpKind::kLikeSecond>
AxisMap MapOf(const T&, const Axis& axis) {
  return axis.maps[1];
}
template <typename T>
  requires IsOfKind<T, OpKind::kNowhere>
AxisMap MapOf(const T&, const Axis&) {
  return {};
}
AxisMap MapOf(const Conv2d& op, const Axis& axis) {
  return Window(axis, op.kernel, op.stride, op.dilation, op.padding);
}
// The inverse of a convolution's map: output o reads the x at (o + before − tap) / stride.
AxisMap MapOf(const Deconv2d& op, const Axis& axis) {
  const double stride = axis.Along(op.stride), reach = axis.Along(op.kernel) - 1;
  return Compose(axis.x(), 1 / stride, (axis.Before(op.padding) - reach / 2) / stride, reach / stride);
}
AxisMap MapOf(const Linear&, const Axis& axis) { return WholeMap(axis); }
AxisMap MapOf(const MaxPool& op, const Axis& axis) { return Window(axis, op.kernel, op.stride, {}, op.padding); }
AxisMap MapOf(const AveragePool& op, const Axis& axis) { return Window(axis, op.kernel, op.stride, {}, op.padding); }
AxisMap MapOf(const GlobalAveragePool&, const Axis& axis) { return WholeMap(axis); }
AxisMap MapOf(const Add&, const Axis& axis) { return Join(axis); }
// Where one of two factors is a single pixel, each pixel of the product sees all that it saw.
AxisMap MapOf(const Multiply&, const Axis& axis) {
  if (axis.sizes[1] > 1) return Join(axis);
  AxisMap map = axis.x();
  const AxisMap& pixel = axis.maps[1];
  const double first = map.offset, last = map.offset + map.scale * static_cast<double>(axis.output_size - 1);
  const double apart = std::max(std::abs(pixel.offset - first), std::abs(pixel.offset - last));
  map.receptive_field = std::max(map.receptive_field, pixel.receptive_field + 2 * apart);
  return map;
}
AxisMap MapOf(const Concat&, const Axis& axis) { return Join(axis); }
AxisMap MapOf(const Crop& op, const Axis& axis) {
  const double begin = op.at == kWhereLikeLies ? CropBegin(axis.maps[0], axis.maps[1]) : axis.Along(op.at);
  return Compose(axis.x(), 1, begin, 0);
}
// Output i lies at (i + ½) · ratio − ½ and reads the samples before and after. With ratio = a / b in lowest terms, that
// is a multiple of 1 / 2b (even ones only, where a and b are odd), so the farther of the two samples is 1 − 1 / 2b (or
// 1 − 1 / b) away at most; nothing where the ratio is odd and whole, and the output hits the samples.
AxisMap MapOf(const Resize&, const Axis& axis) {
  const int64_t divisor = std::gcd(axis.sizes[0], axis.output_size);
  const int64_t a = axis.sizes[0] / divisor, b = axis.output_size / divisor;
  const double ratio = static_cast<double>(a) / static_cast<double>(b);
  const double reach = 2 - (a % 2 == 1 && b % 2 == 1 ? 2.0 : 1.0) / static_cast<double>(b);
  return Compose(axis.x(), ratio, ratio / 2 - 0.5, reach);
}
AxisMap MapOf(const Argmax&, const Axis& axis) { return axis.x(); }

// What lies between the repeated rows keeps its place.
AxisMap MapOf(const Stretch& op, const Axis& axis) { return Compose(axis.x(), 1, -axis.Before(op.more), 0); }
AxisMap MapOf(const MultiplyGradient&, const Axis& axis) { return axis.maps[2]; }
AxisMap MapOf(const SliceChannels&, const Axis& axis) { return axis.x(); }
AxisMap MapOf(const StretchGradient& op, const Axis& axis) { return Compose(axis.x(), 1, axis.Before(op.more), 0); }

AxisMap InferAxis(const Graph& graph, const Node& node, const ByValue<Nhwc>& shapes, const ByValue<CoordinateMap>& maps,
                  bool vertical) {
  const auto size = [&](ValueId id) {
    const Nhwc& shape = shapes[id];
    return vertical ? shape.h : shape.w;
  };
  Axis axis{.vertical = vertical, .maps = {}, .sizes = {}, .output_size = size(node.output)};
  for (ValueId id : node.inputs) {
    if (graph.value(id).kind == ValueKind::kParameter) continue;
    const CoordinateMap& map = maps[id];
    axis.maps.push_back(vertical ? map.y : map.x);
    axis.sizes.push_back(size(id));
  }
  return std::visit([&](const auto& op) { return MapOf(op, axis); }, node.op);
}

}  // namespace

ByValue<CoordinateMap> InferCoordinates(const Graph& graph, const ByValue<Nhwc>& shapes) {
  ByValue<CoordinateMap> maps(graph);
  for (const Node& node : graph.nodes()) {
    try {
      maps[node.output] = {InferAxis(graph, node, shapes, maps, true), InferAxis(graph, node, shapes, maps, false)};
    } catch (const Error& error) {
      throw Error(error.code(),
                  fmt::format("layer {} ({}): {}", graph.value(node.output).name, OpName(node.op), error.message()),
                  error.hint());
    }
  }
  return maps;
}

CropOffset CropOffsetOf(const CoordinateMap& x, const CoordinateMap& like) {
  return {CropBegin(x.y, like.y), CropBegin(x.x, like.x)};
}

CropOffset CropOffsetOf(Size2 at, const CoordinateMap& x, const CoordinateMap& like) {
  return at == kWhereLikeLies ? CropOffsetOf(x, like) : CropOffset{.top = at.h, .left = at.w};
}

}  // namespace fcn
