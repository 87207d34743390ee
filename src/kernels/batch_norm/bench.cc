#include <benchmark/benchmark.h>

#include <vector>

#include "kernels/batch_norm/batch_norm.h"
#include "tensor/random.h"

namespace fcn::batch_norm {
namespace {

/// Activations of a batch and all that belongs to them. Rates count what must be read and written once.
struct Batch {
  explicit Batch(const benchmark::State& state)
      : shape{8, state.range(1), state.range(1), state.range(0)},
        context(static_cast<int>(state.range(2))),
        x(shape),
        g(shape),
        output(shape),
        rows(static_cast<size_t>(6 * shape.c), 0.5f),
        scratch(static_cast<size_t>(ScratchFloats(shape))) {
    for (size_t i = 0; i < x.values().size(); i++) {
      x.values()[i] = RandomUniform(1, i);
      g.values()[i] = RandomUniform(2, i);
      output.values()[i] = 0;
    }
  }
  float* row(int64_t i) { return rows.data() + i * shape.c; }
  void Report(benchmark::State& state, int tensors) const {
    state.counters["bytes"] = benchmark::Counter(4.0 * tensors * static_cast<double>(shape.elements()),
                                                 benchmark::Counter::kIsIterationInvariantRate);
  }

  Nhwc shape;
  Context context;
  Tensor x, g, output;
  std::vector<float> rows, scratch;
};

void BatchMoments(benchmark::State& state) {
  Batch b(state);
  while (state.KeepRunning()) Moments(b.x.view(), b.row(0), b.scratch.data(), b.context);
  b.Report(state, 1);
}

void BatchNormalise(benchmark::State& state) {
  Batch b(state);
  while (state.KeepRunning())
    Normalise(b.x.view(), b.row(0), b.row(2), b.row(3), 1e-3f, Activation::kRelu6, b.output.view(), b.context);
  b.Report(state, 2);
}

void BatchSums(benchmark::State& state) {
  Batch b(state);
  while (state.KeepRunning()) Sums(b.g.view(), b.x.view(), b.row(0), 1e-3f, {}, b.row(2), b.scratch.data(), b.context);
  b.Report(state, 2);
}

void BatchMaskedSums(benchmark::State& state) {
  Batch b(state);
  const Mask mask{Activation::kRelu6, b.row(3), b.row(4)};
  while (state.KeepRunning())
    Sums(b.g.view(), b.x.view(), b.row(0), 1e-3f, mask, b.row(2), b.scratch.data(), b.context);
  b.Report(state, 2);
}

void BatchGradient(benchmark::State& state) {
  Batch b(state);
  while (state.KeepRunning())
    Gradient(b.g.view(), b.x.view(), b.row(0), b.row(2), b.row(4), 1e-3f, {}, b.output.view(), b.context);
  b.Report(state, 3);
}

void Sizes(benchmark::internal::Benchmark* b) {
  b->UseRealTime()->Unit(benchmark::kMicrosecond)->ArgNames({"channels", "size", "threads"});
  for (int threads : {1, 2}) b->Args({96, 176, threads})->Args({32, 176, threads})->Args({1280, 11, threads});
}

BENCHMARK(BatchMoments)->Apply(Sizes);
BENCHMARK(BatchNormalise)->Apply(Sizes);
BENCHMARK(BatchSums)->Apply(Sizes);
BENCHMARK(BatchMaskedSums)->Apply(Sizes);
BENCHMARK(BatchGradient)->Apply(Sizes);

}  // namespace
}  // namespace fcn::batch_norm
