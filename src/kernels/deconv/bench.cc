#include <benchmark/benchmark.h>

#include "kernels/deconv/deconv.h"
#include "tensor/random.h"

// FCN-8s upsamples 21 classes twice by 2 and once by 8.
namespace fcn::deconv {
namespace {

void Upsample(benchmark::State& state) {
  const auto arg = [&](int i) { return static_cast<int>(state.range(i)); };
  const int channels = arg(0), size = arg(1), stride = arg(2), kernel = 2 * stride, out = (size + 1) * stride;
  const Form form = arg(3) == 0 ? Form::kDense : Form::kDiagonal;
  const ConvGeometry geometry{{kernel, kernel}, {stride, stride}, {1, 1}, {}, 1};
  const DeconvProblem problem{geometry, {1, size, size, channels}, {1, out, out, channels}};
  const Context context(arg(4));
  Tensor input(problem.input), output(problem.output), weight({channels, kernel, kernel, channels});
  for (Tensor* t : {&input, &weight})
    for (size_t i = 0; i < t->values().size(); i++) t->values()[i] = RandomUniform(1, i);
  const auto packed = AllocateAligned<float>(static_cast<size_t>(PackedFloats(problem, form, context.isa())));
  Pack(problem, form, context.isa(), weight.data(), nullptr, context, packed.get());
  while (state.KeepRunning()) Run(problem, form, input.view(), packed.get(), {}, output.view(), context);
  const double terms = form == Form::kDense ? channels : 1;
  const double flop = 2.0 * 4 * terms * static_cast<double>(problem.output.elements());
  const double bytes = 4.0 * static_cast<double>(problem.input.elements() + problem.output.elements());
  using benchmark::Counter;
  state.counters["flops"] = Counter(flop, Counter::kIsIterationInvariantRate);
  state.counters["bytes"] = Counter(bytes, Counter::kIsIterationInvariantRate);
}

BENCHMARK(Upsample)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->ArgNames({"channels", "size", "factor", "diagonal", "threads"})
    ->ArgsProduct({{21}, {22}, {2}, {0, 1}, {1}})
    ->ArgsProduct({{21}, {70}, {8}, {0, 1}, {1, 2}});

}  // namespace
}  // namespace fcn::deconv
