#include <benchmark/benchmark.h>

#include <vector>

#include "kernels/loss/loss.h"
#include "tensor/random.h"

namespace fcn::loss {
namespace {

/// Scores and labels of a batch at full resolution.
struct Batch {
  explicit Batch(const benchmark::State& state)
      : shape{8, 352, 352, state.range(0)},
        context(static_cast<int>(state.range(1))),
        scores(shape),
        output(shape),
        labels({shape.n, shape.h, shape.w, 1}),
        scratch(static_cast<size_t>(ScratchFloats(shape))) {
    for (size_t i = 0; i < scores.values().size(); i++) scores.values()[i] = 5 * RandomUniform(1, i);
    for (size_t i = 0; i < labels.values().size(); i++)
      labels.values()[i] = static_cast<int32_t>(RandomBits(2, i) % static_cast<uint64_t>(shape.c));
    for (float& v : output.values()) v = 0;
  }
  void Report(benchmark::State& state, int tensors) const {
    state.counters["bytes"] = benchmark::Counter(4.0 * tensors * static_cast<double>(shape.elements()),
                                                 benchmark::Counter::kIsIterationInvariantRate);
  }

  Nhwc shape;
  Context context;
  Tensor scores, output;
  LabelTensor labels;
  std::vector<float> scratch;
};

void Loss(benchmark::State& state) {
  Batch b(state);
  while (state.KeepRunning())
    benchmark::DoNotOptimize(SoftmaxLoss(b.scores.view(), b.labels.view(), {}, b.scratch.data(), b.context));
  b.Report(state, 1);
}

void LossGradient(benchmark::State& state) {
  Batch b(state);
  while (state.KeepRunning())
    SoftmaxLossGradient(b.scores.view(), b.labels.view(), {}, b.output.view(), b.scratch.data(), b.context);
  b.Report(state, 2);
}

void Sizes(benchmark::internal::Benchmark* b) {
  b->UseRealTime()->Unit(benchmark::kMicrosecond)->ArgNames({"classes", "threads"});
  b->ArgsProduct({{2, 11, 21}, {1, 2}});
}

BENCHMARK(Loss)->Apply(Sizes);
BENCHMARK(LossGradient)->Apply(Sizes);

}  // namespace
}  // namespace fcn::loss
