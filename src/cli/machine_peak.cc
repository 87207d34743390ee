#include "cli/machine_peak.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "base/context.h"
#include "base/function_ref.h"
#include "cli/bench_timing.h"
#include "kernels/peak/peak.h"
#include "tensor/tensor.h"

namespace fcn::cli {
namespace {

constexpr double kMilliseconds = 120;
constexpr int64_t kTasksPerThread = 8;  // so that a thread that starts late does not leave the others waiting

/// The shortest of as many runs as fit into the time, the first of which is not counted.
double ShortestMilliseconds(FunctionRef<void()> run) {
  run();
  double shortest = 1e30;
  const auto begin = std::chrono::steady_clock::now();
  do {
    const auto start = std::chrono::steady_clock::now();
    run();
    shortest = std::min(shortest, MillisecondsSince(start));
  } while (MillisecondsSince(begin) < kMilliseconds);
  return shortest;
}

/// Bytes of the last cache, as far as the system tells.
int64_t LastCacheBytes() { return std::max<int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE)); }

}  // namespace

double PeakGflops(Isa isa, int threads) {
  const Context context(threads, isa);
  const peak::Kernels& kernels = peak::KernelsFor(isa);
  constexpr int64_t kSteps = 100000;
  const int64_t tasks = kTasksPerThread * threads;
  std::atomic<float> sink = 0;  // somebody wants the results
  const double ms = ShortestMilliseconds(
      [&] { context.Parallel(tasks, [&](int64_t, int) { sink = kernels.multiply_adds(kSteps, 0.5f, 0.5f); }); });
  return 2e-6 * static_cast<double>(peak::kSums * kernels.lanes * kSteps * tasks) / ms;
}

Bandwidth MemoryBandwidth(Isa isa, int threads) {
  const Context context(threads, isa);
  const peak::Kernels& kernels = peak::KernelsFor(isa);
  constexpr int64_t kSmallest = int64_t{64} << 20, kLargest = int64_t{512} << 20;
  const int64_t bytes = std::clamp(4 * LastCacheBytes(), kSmallest, kLargest);
  const int64_t tasks = kTasksPerThread * threads;
  const int64_t count =
      bytes / (tasks * peak::kBlockFloats * int64_t{sizeof(float)}) * peak::kBlockFloats;  // floats of a task
  const auto total = static_cast<size_t>(count * tasks);
  const auto a = AllocateAligned<float>(total), b = AllocateAligned<float>(total), to = AllocateAligned<float>(total);
  context.Parallel(tasks, [&](int64_t task, int) {
    for (float* array : {a.get(), b.get(), to.get()}) std::fill_n(array + task * count, count, 1.0f);
  });

  std::atomic<float> sink = 0;
  const double read_ms = ShortestMilliseconds(
      [&] { context.Parallel(tasks, [&](int64_t task, int) { sink = kernels.sum(a.get() + task * count, count); }); });
  const double triad_ms = ShortestMilliseconds([&] {
    context.Parallel(tasks, [&](int64_t task, int) {
      const int64_t first = task * count;
      kernels.triad(a.get() + first, b.get() + first, 0.5f, to.get() + first, count);
    });
  });
  const double array_gb = 1e-9 * static_cast<double>(total * sizeof(float));
  return {1e3 * array_gb / read_ms, 3e3 * array_gb / triad_ms};
}

}  // namespace fcn::cli
