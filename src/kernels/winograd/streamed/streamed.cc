#include "kernels/winograd/streamed/streamed.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/winograd/streamed/products.h"
#include "kernels/winograd/streamed/tiles.h"
#include "kernels/winograd/transforms/data_gradient.h"
#include "kernels/winograd/transforms/tile.h"
#include "kernels/winograd/winograd.h"

namespace fcn::winograd {
namespace {

/// The filters with rows and columns as the products take them: of the convolution, rows are its input channels.
FilterPanel Filters(const ConvProblem& problem, const float* weight, const float* scale, bool by_input) {
  const int64_t taps = int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w;
  const int64_t inputs = problem.input.c, outputs = problem.output.c;
  return {.weight = weight,
          .row_stride = by_input ? taps * inputs : taps,
          .column_stride = by_input ? taps : taps * inputs,
          .mirrored = false,
          .rows = by_input ? outputs : inputs,
          .columns = by_input ? inputs : outputs,
          .row_scale = by_input ? scale : nullptr,
          .column_scale = by_input ? nullptr : scale,
          .width = 0,
          .point_stride = 0,
          .rows_ahead = 4};
}

StreamedBlocking BlockingOf(const ConvProblem& problem, Isa isa, bool by_input) {
  const int64_t inputs = problem.input.c, outputs = problem.output.c;
  return {Tiles(problem).count(), by_input ? outputs : inputs, by_input ? inputs : outputs, isa};
}

/// output = residual, or zeros.
void Begin(TensorView<const float> residual, TensorView<float> output, const Context& context) {
  if (residual.data == output.data) return;
  context.Parallel(output.shape.n * output.shape.h, [&](int64_t row, int) {
    const int64_t n = row / output.shape.h, y = row % output.shape.h;
    for (int64_t x = 0; x < output.shape.w; x++) {
      if (residual.data != nullptr) {
        std::copy_n(residual.at(n, y, x), output.shape.c, output.at(n, y, x));
      } else {
        std::fill_n(output.at(n, y, x), output.shape.c, 0.0f);
      }
    }
  });
}

// Channels whose tiles one task adds up: whole cache lines.
constexpr int64_t kAddedChannels = 32;

}  // namespace

bool SupportsStreamed(const ConvGeometry& geometry) { return Supports(geometry) && geometry.dilation == Size2{1, 1}; }

bool PaysStreamed(const ConvProblem& problem) {
  constexpr int64_t kCached = 4 << 20, kHuge = 16 << 20;  // floats of packed weights, and weights
  const int64_t filters = problem.input.c * problem.output.c, width = problem.geometry.kernel.h;
  return SupportsStreamed(problem.geometry) && kPoints * filters > kCached &&
         (width * width * filters > kHuge || Tiles(problem).count() <= kMaxStreamedTiles);
}

int64_t StreamedScratchFloats(const ConvProblem& problem, Isa isa) { return BlockingOf(problem, isa, false).floats(); }

void RunStreamed(const ConvProblem& problem, TensorView<const float> input, const float* weight, const float* scale,
                 const Epilogue& epilogue, TensorView<float> output, float* scratch, const Context& context) {
  FCN_CHECK(SupportsStreamed(problem.geometry) && input.shape == problem.input && output.shape == problem.output);
  FCN_CHECK(epilogue.residual.data == nullptr || epilogue.residual.shape == output.shape);
  const StreamedBlocking blocking = BlockingOf(problem, context.isa(), false);
  const TransformKernels& transforms = TransformKernelsFor(context.isa());
  const Tiles tiles(problem);
  const OutputFunction transform_output = transforms.output(static_cast<int>(tiles.per_tile));

  const auto transform_tile = [&](int64_t tile, Span channels, float* v) {
    const auto [n, y, x] = tiles.At(tile);
    transforms.input(TileOf(input, n, y - tiles.padding.top, x - tiles.padding.left, channels), v, blocking.v_point);
  };
  const auto take = [&](Span some, Span channels, const float* m) {
    context.Parallel(some.count, [&](int64_t t, int) {
      const auto [n, y, x] = tiles.At(some.first + t);
      const TensorView<const float>& residual = epilogue.residual;
      transform_output({.out = output.at(n, y, x) + channels.first,
                        .row_stride = output.row_stride(),
                        .pixel_stride = output.pixel_stride,
                        .rows = std::min(tiles.per_tile, output.shape.h - y),
                        .columns = std::min(tiles.per_tile, output.shape.w - x),
                        .bias = epilogue.bias == nullptr ? nullptr : epilogue.bias + channels.first,
                        .residual = residual.data == nullptr ? nullptr : residual.at(n, y, x) + channels.first,
                        .residual_row_stride = residual.row_stride(),
                        .residual_pixel_stride = residual.pixel_stride,
                        .activation = epilogue.activation,
                        .slopes = epilogue.slopes == nullptr ? nullptr : epilogue.slopes + channels.first,
                        .channels = channels.count},
                       m + t * blocking.m_stride, blocking.m_point);
    });
  };
  StreamedWork{.blocking = blocking,
               .filters = Filters(problem, weight, scale, false),
               .transform_filters = FilterKernelsFor(context.isa()).transform(problem.geometry.kernel.h),
               .gemm = GemmKernelsFor(context.isa()),
               .transform_tile = transform_tile,
               .take = take}
      .Run(scratch, context);
}

int64_t DataStreamedScratchFloats(const ConvProblem& problem, Isa isa) {
  return BlockingOf(problem, isa, true).floats();
}

void RunDataStreamed(const ConvProblem& problem, TensorView<const float> gradient, const float* weight,
                     const float* scale, const Epilogue& epilogue, TensorView<float> output, float* scratch,
                     const Context& context) {
  FCN_CHECK(SupportsStreamed(problem.geometry) && gradient.shape == problem.output && output.shape == problem.input);
  const StreamedBlocking blocking = BlockingOf(problem, context.isa(), true);
  const DataTransformKernels& transforms = DataTransformsFor(context.isa());
  const Tiles tiles(problem);
  const auto transform_gradient = transforms.outputs.of(static_cast<int>(tiles.per_tile));

  const auto transform_tile = [&](int64_t tile, Span channels, float* v) {
    const auto [n, y, x] = tiles.At(tile);
    transform_gradient(TileOf(gradient, n, y, x, channels), v, blocking.v_point);
  };
  // Tiles overlap, so a task has channels of its own and adds the tiles in order.
  const auto take = [&](Span some, Span channels, const float* m) {
    context.Parallel((channels.count + kAddedChannels - 1) / kAddedChannels, [&](int64_t task, int) {
      const int64_t c = task * kAddedChannels;
      for (int64_t t = 0; t < some.count; t++) {
        const auto [n, y, x] = tiles.At(some.first + t);
        transforms.add({.image = output.at(n, 0, 0) + channels.first + c,
                        .height = output.shape.h,
                        .width = output.shape.w,
                        .row_stride = output.row_stride(),
                        .pixel_stride = output.pixel_stride,
                        .y = y - tiles.padding.top,
                        .x = x - tiles.padding.left,
                        .channels = std::min(kAddedChannels, channels.count - c)},
                       m + t * blocking.m_stride + c, blocking.m_point);
      }
    });
  };
  Begin(epilogue.residual, output, context);
  StreamedWork{.blocking = blocking,
               .filters = Filters(problem, weight, scale, true),
               .transform_filters = FilterKernelsFor(context.isa()).transform(problem.geometry.kernel.h),
               .gemm = GemmKernelsFor(context.isa()),
               .transform_tile = transform_tile,
               .take = take}
      .Run(scratch, context);
}

}  // namespace fcn::winograd
