#include <benchmark/benchmark.h>

#include <vector>

#include "kernels/tail/tail.h"
#include "tensor/random.h"

namespace fcn::tail {
namespace {

/// Scores at an eighth of the resolution, and labels.
struct Batch {
  Batch(const benchmark::State& state, int64_t images)
      : out{images, state.range(1), state.range(2), 1},
        context(static_cast<int>(state.range(3))),
        scores({images, (out.h + 7) / 8, (out.w + 7) / 8, state.range(0)}),
        gradient(scores.shape()),
        labels(out) {
    for (size_t i = 0; i < scores.values().size(); i++) scores.values()[i] = 5 * RandomUniform(1, i);
    for (size_t i = 0; i < labels.values().size(); i++)
      labels.values()[i] = static_cast<int32_t>(RandomBits(2, i) % static_cast<uint64_t>(scores.shape().c));
    for (float& v : gradient.values()) v = 0;
  }
  void Report(benchmark::State& state) const {
    state.counters["pixels"] =
        benchmark::Counter(static_cast<double>(out.pixels()), benchmark::Counter::kIsIterationInvariantRate);
  }

  Nhwc out;
  Context context;
  Tensor scores, gradient;
  LabelTensor labels;
};

void ArgMax(benchmark::State& state) {
  Batch b(state, 1);
  const auto scratch =
      AllocateAligned<float>(static_cast<size_t>(ArgMaxScratchFloats(b.scores.shape(), b.context.threads())));
  while (state.KeepRunning()) ResizeArgMax(b.scores.view(), b.labels.view(), scratch.get(), b.context);
  b.Report(state);
}

void LossAndGradient(benchmark::State& state) {
  Batch b(state, 8);
  const auto scratch =
      AllocateAligned<float>(static_cast<size_t>(LossScratchFloats(b.scores.shape(), b.out, b.context.threads())));
  while (state.KeepRunning())
    benchmark::DoNotOptimize(
        ResizeSoftmaxLoss(b.scores.view(), b.labels.view(), {}, b.gradient.view(), scratch.get(), b.context));
  b.Report(state);
}

BENCHMARK(ArgMax)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->ArgNames({"classes", "height", "width", "threads"})
    ->ArgsProduct({{11, 21}, {360}, {480}, {1, 2}});

BENCHMARK(LossAndGradient)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->ArgNames({"classes", "height", "width", "threads"})
    ->ArgsProduct({{11, 21}, {352}, {352}, {1, 2}});

}  // namespace
}  // namespace fcn::tail
