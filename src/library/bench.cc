// What a classifier gains by being dense (Long, Shelhamer and Darrell 2015, section 3.1): CaffeNet's map of scores of a
// 500×500 picture, 10×10 of them, against the classifier run on patches of 227×227, by one, ten and a hundred at once.
// items_per_second are scored places: their ratio is the gain.

#include <benchmark/benchmark.h>

#include <memory>

#include "fcn/bench.h"
#include "library/network_access.h"
#include "models/surgery.h"
#include "models/zoo.h"

namespace fcn {
namespace {

constexpr int kPatch = 227, kPicture = 500, kPlaces = 10 * 10;

Runtime& OfAllCores() {
  static Runtime runtime;
  return runtime;
}

void Time(benchmark::State& state, const Network& network, const TimingOptions& options, int64_t places) {
  TimedNetwork timed(network, options, OfAllCores());
  timed.Run();  // touches the memory
  for (auto _ : state) timed.Run();
  state.SetItemsProcessed(state.iterations() * places);
}

void BM_MapOfPicture(benchmark::State& state) {
  const ZooEntry& entry = FindModel("caffenet");
  const ModelContents model = NetworkFor(entry, 1000, std::vector<HeadRole>(1));
  auto map = std::make_shared<const Graph>(Convolutionise(*model.graph, {1, kPatch, kPatch, 3}));
  Time(state, NetworkAccess::Make("map", std::move(map), model.inputs, model.heads),
       {.width = kPicture, .height = kPicture}, kPlaces);
}
BENCHMARK(BM_MapOfPicture)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_Patches(benchmark::State& state) {
  Time(state, Network::Build("caffenet"), {.width = kPatch, .height = kPatch, .pictures = state.range(0)},
       state.range(0));
}
BENCHMARK(BM_Patches)->Arg(1)->Arg(10)->Arg(kPlaces)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace fcn
