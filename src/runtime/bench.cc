// What a new size of image costs, in the published FCN-8s (100 pixels of padding) whose weights are packed already:
// compiling for it, its first image, which computes the rims of the image window, and those after it.

#include <benchmark/benchmark.h>

#include "graph/test_graphs.h"
#include "runtime/program.h"

namespace fcn {
namespace {

WeightSource Constant() {
  return [](const Value& parameter) {
    auto values = std::make_shared<const std::vector<float>>(parameter.parameter_shape.elements(), 0.01f);
    return ParameterData{*values, values};
  };
}

std::shared_ptr<const Graph> Network() {
  Graph graph = test::ReferenceFcn8s();
  const ValueId scores = graph.outputs()[0];
  graph.ClearOutputs();
  graph.AddOutput(scores);
  return std::make_shared<const Graph>(std::move(graph));
}

/// The network with its weights packed, and the program that keeps them.
struct Packed {
  Context context;
  std::shared_ptr<const Graph> graph = Network();
  PackedStore store;
  std::shared_ptr<const Program> keeper = Compile(500);
  Arena arena;

  std::shared_ptr<const Program> Compile(int64_t side) {
    const Nhwc input{1, side, side, 3};
    return Program::Compile(graph, std::span(&input, 1), Constant(), store, {}, context);
  }
  void Run(const Program& program) {
    Tensor input(program.plan().input_shapes[0]);
    std::fill(input.values().begin(), input.values().end(), 1.0f);
    Tensor output(program.plan().shapes[program.plan().outputs[0]]);
    const ConstAnyView in = input.view();
    const AnyView out = output.view();
    program.Run(std::span(&in, 1), std::span(&out, 1), arena, context);
  }
};

Packed& TheNetwork() {
  static Packed packed;
  return packed;
}

void BM_CompileForNewSize(benchmark::State& state) {
  Packed& network = TheNetwork();
  int64_t side = 400;
  for (auto _ : state) benchmark::DoNotOptimize(network.Compile(side = 400 + (side + 7) % 96));
}
BENCHMARK(BM_CompileForNewSize)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_FirstImage(benchmark::State& state) {
  Packed& network = TheNetwork();
  network.Run(*network.keeper);  // touches the memory
  for (auto _ : state) {
    state.PauseTiming();
    const auto program = network.Compile(499);  // no other program has its rims
    state.ResumeTiming();
    network.Run(*program);
  }
}
BENCHMARK(BM_FirstImage)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(5);

void BM_NextImage(benchmark::State& state) {
  Packed& network = TheNetwork();
  network.Run(*network.keeper);
  for (auto _ : state) network.Run(*network.keeper);
}
BENCHMARK(BM_NextImage)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(5);

}  // namespace
}  // namespace fcn
