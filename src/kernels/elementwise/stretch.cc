#include "kernels/elementwise/stretch.h"

#include <cstring>

#include "base/check.h"
#include "kernels/elementwise/kernels.h"

namespace fcn::elementwise {
namespace {

/// One axis: of `size` samples, `first` and `last` are repeated.
struct StretchedAxis {
  int64_t size, first, last, more_first, more_last;

  StretchedAxis(int64_t samples, int at_first, int at_last, int repeat_first, int repeat_last)
      : size(samples),
        first(repeat_first > 0 ? at_first : 0),
        last(repeat_last > 0 ? samples - 1 - at_last : samples - 1),
        more_first(repeat_first),
        more_last(repeat_last) {
    FCN_CHECK(more_first + more_last == 0 || (first >= 0 && last < size && first < last));
  }

  int64_t stretched() const { return size + more_first + more_last; }
  /// The stretched samples that sample i becomes: [Begin(i), Begin(i + 1)).
  int64_t Begin(int64_t i) const { return i + (i > first ? more_first : 0) + (i > last ? more_last : 0); }

  /// Calls run(begin, end) for samples that become one each, as many at a time as possible, and one(i) for those that
  /// become several, in order.
  template <typename Run, typename One>
  void Visit(const Run& run, const One& one) const {
    int64_t next = 0;
    if (more_first > 0) run(0, first), one(first), next = first + 1;
    if (more_last > 0) run(next, last), one(last), next = last + 1;
    run(next, size);
  }
};

StretchedAxis RowsOf(const Nhwc& shape, const Padding& at, const Padding& more) {
  return {shape.h, at.top, at.bottom, more.top, more.bottom};
}
StretchedAxis ColumnsOf(const Nhwc& shape, const Padding& at, const Padding& more) {
  return {shape.w, at.left, at.right, more.left, more.right};
}

void CheckShapes(const Nhwc& small, const Nhwc& large, const StretchedAxis& rows, const StretchedAxis& columns) {
  FCN_CHECK(large == (Nhwc{small.n, rows.stretched(), columns.stretched(), small.c}));
}

/// Some pixels of a row, `channels` floats each, that need not lie one after the other.
struct Pixels {
  int64_t count, channels;

  void Copy(const float* from, int64_t from_stride, float* to, int64_t to_stride) const {
    const bool dense = from_stride == channels && to_stride == channels;
    const size_t bytes = sizeof(float) * static_cast<size_t>(dense ? count * channels : channels);
    for (int64_t p = 0; p < (dense ? 1 : count); p++) std::memcpy(to + p * to_stride, from + p * from_stride, bytes);
  }
  void AddTo(const Kernels& kernels, const float* from, int64_t from_stride, float* to, int64_t to_stride) const {
    kernels.add({.pixels = count,
                 .channels = channels,
                 .a = to,
                 .a_stride = to_stride,
                 .b = from,
                 .b_stride = from_stride,
                 .out = to,
                 .out_stride = to_stride});
  }
};

}  // namespace

void Stretch(TensorView<const float> input, const Padding& at, const Padding& more, TensorView<float> output,
             const Context& context) {
  const Nhwc& in = input.shape;
  const StretchedAxis rows = RowsOf(in, at, more), columns = ColumnsOf(in, at, more);
  CheckShapes(in, output.shape, rows, columns);
  context.Parallel(in.n * in.h, [&](int64_t task, int) {
    const int64_t n = task / in.h, y = task % in.h;
    for (int64_t row = rows.Begin(y); row < rows.Begin(y + 1); row++) {
      const auto copy = [&](int64_t from, int64_t to, int64_t count) {
        Pixels{count, in.c}.Copy(input.at(n, y, from), input.pixel_stride, output.at(n, row, to), output.pixel_stride);
      };
      columns.Visit([&](int64_t begin, int64_t end) { copy(begin, columns.Begin(begin), end - begin); },
                    [&](int64_t x) {
                      for (int64_t to = columns.Begin(x); to < columns.Begin(x + 1); to++) copy(x, to, 1);
                    });
    }
  });
}

void StretchGradient(TensorView<const float> g, const Padding& at, const Padding& more, TensorView<float> output,
                     const Context& context) {
  const Nhwc& out = output.shape;
  const StretchedAxis rows = RowsOf(out, at, more), columns = ColumnsOf(out, at, more);
  CheckShapes(out, g.shape, rows, columns);
  const Kernels& kernels = KernelsFor(context.isa());
  context.Parallel(out.n * out.h, [&](int64_t task, int) {
    const int64_t n = task / out.h, y = task % out.h;
    for (int64_t row = rows.Begin(y); row < rows.Begin(y + 1); row++) {
      // The first that reaches a pixel is copied, so that nothing need be zero before.
      const auto add = [&](int64_t from, int64_t to, int64_t count, bool first) {
        const Pixels pixels{count, out.c};
        if (first)
          pixels.Copy(g.at(n, row, from), g.pixel_stride, output.at(n, y, to), output.pixel_stride);
        else
          pixels.AddTo(kernels, g.at(n, row, from), g.pixel_stride, output.at(n, y, to), output.pixel_stride);
      };
      const bool first_row = row == rows.Begin(y);
      columns.Visit([&](int64_t begin, int64_t end) { add(columns.Begin(begin), begin, end - begin, first_row); },
                    [&](int64_t x) {
                      for (int64_t from = columns.Begin(x); from < columns.Begin(x + 1); from++)
                        add(from, x, 1, first_row && from == columns.Begin(x));
                    });
    }
  });
}

}  // namespace fcn::elementwise
