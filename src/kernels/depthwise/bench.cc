#include <benchmark/benchmark.h>

#include "kernels/depthwise/depthwise.h"
#include "tensor/random.h"

// EfficientNet-lite0's depthwise layers at 224×224: channels, size, kernel, stride.
namespace fcn::depthwise {
namespace {

void Layer(benchmark::State& state) {
  const auto arg = [&](int i) { return static_cast<int>(state.range(i)); };
  const int channels = arg(0), size = arg(1), kernel = arg(2), stride = arg(3), pad = (kernel - 1) / 2;
  const int out = (size - 1) / stride + 1;
  const ConvGeometry geometry{{kernel, kernel}, {stride, stride}, {1, 1}, {pad, pad, pad, pad}, channels};
  const ConvProblem problem{geometry, {1, size, size, channels}, {1, out, out, channels}};
  const Context context(arg(4));
  Tensor input(problem.input), output(problem.output), weight({1, kernel, kernel, channels});
  for (Tensor* t : {&input, &weight})
    for (size_t i = 0; i < t->values().size(); i++) t->values()[i] = RandomUniform(1, i);
  const auto packed = AllocateAligned<float>(static_cast<size_t>(PackedFloats(problem, context.isa())));
  Pack(problem, context.isa(), weight.data(), nullptr, context, packed.get());
  Epilogue epilogue;
  epilogue.bias = weight.data();
  epilogue.activation = Activation::kRelu6;
  while (state.KeepRunning()) Run(problem, input.view(), packed.get(), epilogue, output.view(), nullptr, context);
  const double flop = 2.0 * kernel * kernel * static_cast<double>(problem.output.elements());
  const double bytes = 4.0 * static_cast<double>(problem.input.elements() + problem.output.elements());
  using benchmark::Counter;
  state.counters["flops"] = Counter(flop, Counter::kIsIterationInvariantRate);
  state.counters["bytes"] = Counter(bytes, Counter::kIsIterationInvariantRate);
}

BENCHMARK(Layer)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->Args({32, 112, 3, 1, 1})
    ->Args({96, 112, 3, 2, 1})
    ->Args({144, 56, 3, 1, 1})
    ->Args({144, 56, 5, 2, 1})
    ->Args({240, 28, 5, 1, 1})
    ->Args({240, 28, 3, 2, 1})
    ->Args({480, 14, 3, 1, 1})
    ->Args({480, 14, 5, 1, 1})
    ->Args({672, 14, 5, 2, 1})
    ->Args({1152, 7, 5, 1, 1})
    ->Args({144, 125, 3, 1, 2})
    ->Args({672, 32, 5, 1, 2});

}  // namespace
}  // namespace fcn::depthwise
