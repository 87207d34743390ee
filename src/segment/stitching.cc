#include "segment/stitching.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <variant>

#include "fcn/error.h"
#include "graph/coordinates.h"
#include "graph/shapes.h"
#include "segment/dense_graph.h"

namespace fcn {
namespace {

/// What writes a value; null where it is an input.
const Node* WriterOf(const Graph& graph, ValueId value) {
  const auto node = std::ranges::find(graph.nodes(), value, &Node::output);
  return node == graph.nodes().end() ? nullptr : &*node;
}

ValueId BeforeLastUpsampling(const Graph& graph, ValueId scores) {
  for (const Node* node = WriterOf(graph, scores); node != nullptr; node = WriterOf(graph, node->inputs[0])) {
    if (std::holds_alternative<Resize>(node->op) || std::holds_alternative<Deconv2d>(node->op)) return node->inputs[0];
    if (!std::holds_alternative<Crop>(node->op)) break;
  }
  return scores;
}

/// None where they are too small.
std::optional<ByValue<Nhwc>> ShapesFor(const Graph& graph, const std::vector<Nhwc>& inputs) {
  try {
    return InferShapes(graph, inputs);
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool IsResized(const Graph& graph, ValueId scores) {
  return std::ranges::any_of(graph.nodes(), [&](const Node& node) {
    return std::holds_alternative<Resize>(node.op) && node.inputs[0] == scores;
  });
}

/// Whether a picture of n times as many pixels as scores are apart has n scores, along each axis.
bool HasOneForEachStride(const Graph& coarse, int64_t stride, int64_t height, int64_t width) {
  const int64_t rows = (height + stride - 1) / stride, columns = (width + stride - 1) / stride;
  const auto shapes = ShapesFor(coarse, PictureShapes(coarse, 1, rows * stride, columns * stride));
  if (!shapes) return false;
  const Nhwc& scores = (*shapes)[coarse.outputs()[0]];
  return scores.h == rows && scores.w == columns;
}

}  // namespace

Graph CoarseNetwork(Graph network) {
  std::vector<ValueId> coarse;
  for (const ValueId scores : network.outputs()) coarse.push_back(BeforeLastUpsampling(network, scores));
  network.ClearOutputs();
  for (const ValueId scores : coarse) network.AddOutput(scores);
  return network;
}

int64_t Stitching::Axis::most_before() const {
  int64_t most = 0;
  for (int64_t shift = 0; shift < shifts; shift++) most = std::max(most, before(shift));
  return most;
}

int64_t Stitching::Axis::most_scores() const {
  int64_t most = 0;
  for (int64_t shift = 0; shift < shifts; shift++)
    most = std::max(most, (size - 1 - shift) / stride + skipped(shift) + 1);
  return most;
}

Stitching::Stitching(const Graph& coarse, int64_t height, int64_t width, const std::string& name) {
  const std::vector<Nhwc> usual = SmallestInputs(coarse, 1, height, width);
  const ByValue<CoordinateMap> maps = InferCoordinates(coarse, InferShapes(coarse, usual));
  const CoordinateMap& map = maps[coarse.outputs()[0]];
  for (const ValueId output : coarse.outputs()) {
    const AxisMap &y = maps[output].y, &x = maps[output].x;
    constexpr double kMostStride = 4096, kFarthest = 1e9;  // of foreign models
    const bool is_whole = y.scale >= 1 && y.scale <= kMostStride && std::abs(y.scale - std::round(y.scale)) < 1e-6 &&
                          std::abs(y.offset) < kFarthest && std::abs(x.offset) < kFarthest;
    if (!is_whole || y.scale != x.scale || y != map.y || x != map.x)
      throw Error(
          ErrorCode::kUnsupported,
          fmt::format("{} cannot be shifted and stitched: its scores are {} by {} pixels apart{}", name, y.scale,
                      x.scale, y != map.y || x != map.x ? ", and those of its heads lie elsewhere" : ""),
          "That needs one whole number of pixels, at most 4096, for rows and columns of all heads.");
  }
  const int64_t stride = std::lround(map.y.scale);
  // A network that resized its scores has learned them for the places where that puts them, whatever they see most of.
  const bool are_resized =
      IsResized(coarse, coarse.outputs()[0]) && HasOneForEachStride(coarse, stride, usual[0].h, usual[0].w);
  const auto axis = [&](const AxisMap& of, int64_t size) {
    const double place = are_resized ? static_cast<double>(stride - 1) / 2 : of.offset;
    return Axis{.stride = stride,
                .first = static_cast<int64_t>(std::floor(place + 1e-6)),
                .size = size,
                .shifts = std::min(stride, size)};
  };
  rows_ = axis(map.y, height), columns_ = axis(map.x, width);
  // Every copy has all of the picture, and as much behind it as the last scores need.
  const int64_t least_rows = rows_.most_scores(), least_columns = columns_.most_scores();
  int64_t rows = height + rows_.most_before(), columns = width + columns_.most_before();
  constexpr int kMostSteps = 1 << 10;
  for (int step = 0; step < kMostSteps; step++) {
    inputs_ = PictureShapes(coarse, 1, rows, columns);
    const auto shapes = ShapesFor(coarse, inputs_);
    bool has_rows = shapes.has_value(), has_columns = has_rows;
    for (const ValueId output : coarse.outputs()) {
      has_rows = has_rows && (*shapes)[output].h >= least_rows;
      has_columns = has_columns && (*shapes)[output].w >= least_columns;
    }
    if (has_rows && has_columns) return;
    rows += has_rows ? 0 : rows_.stride, columns += has_columns ? 0 : columns_.stride;
  }
  throw Error(ErrorCode::kInput, fmt::format("{} gives no scores for all pixels of {}x{}", name, width, height),
              "Segment the picture without shift-and-stitch.");
}

void Stitching::Shift(int64_t shift, TensorView<const float> picture, TensorView<float> copy) const {
  const int64_t top = rows_.before(shift / columns_.shifts), left = columns_.before(shift % columns_.shifts);
  const int64_t channels = picture.shape.c;
  for (int64_t y = 0; y < copy.shape.h; y++) {
    float* row = copy.at(0, y, 0);
    std::fill_n(row, copy.shape.w * channels, 0.0f);
    if (y >= top && y - top < rows_.size)
      std::copy_n(picture.at(0, y - top, 0), columns_.size * channels, row + left * channels);
  }
}

void Stitching::Stitch(int64_t shift, TensorView<const float> coarse, TensorView<float> scores) const {
  const int64_t y0 = shift / columns_.shifts, x0 = shift % columns_.shifts;
  int64_t i = rows_.skipped(y0);
  for (int64_t y = y0; y < rows_.size; y += rows_.stride, i++) {
    int64_t j = columns_.skipped(x0);
    for (int64_t x = x0; x < columns_.size; x += columns_.stride, j++)
      std::copy_n(coarse.at(0, i, j), scores.shape.c, scores.at(0, y, x));
  }
}

}  // namespace fcn
