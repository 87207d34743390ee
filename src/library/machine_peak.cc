#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/context.h"
#include "fcn/bench.h"
#include "fcn/function_ref.h"
#include "kernels/peak/peak.h"
#include "library/runtime_access.h"
#include "tensor/tensor.h"

namespace fcn {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMilliseconds = 120;
constexpr double kPatience = 20;  // milliseconds that a thread waits for the others

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Runs body(task) once for each thread, all at once: where one thread comes so late that another takes its task as
/// well, the machine would look slower than it is. Milliseconds from when all have come, or the first has lost
/// patience.
double MillisecondsTogether(const Context& context, FunctionRef<void(int64_t task)> body) {
  const int threads = context.threads();
  std::atomic<int> waiting = 0;
  std::atomic<Clock::rep> start = 0;
  context.Parallel(threads, [&](int64_t task, int) {
    const auto came = Clock::now();
    for (waiting++; waiting < threads && MillisecondsSince(came) < kPatience;) std::this_thread::yield();
    Clock::rep nobody = 0;
    start.compare_exchange_strong(nobody, Clock::now().time_since_epoch().count());
    body(task);
  });
  return MillisecondsSince(Clock::time_point(Clock::duration(start)));
}

/// The shortest of as many such runs as fit into the time, the first of which is not counted.
double ShortestMilliseconds(const Context& context, FunctionRef<void(int64_t task)> body) {
  MillisecondsTogether(context, body);
  double shortest = 1e30;
  const auto begin = Clock::now();
  do {
    shortest = std::min(shortest, MillisecondsTogether(context, body));
  } while (MillisecondsSince(begin) < kMilliseconds);
  return shortest;
}

/// Bytes of the last cache, as far as the system tells.
int64_t LastCacheBytes() { return std::max<int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE)); }

}  // namespace

std::vector<std::string> DistinctInstructionSets() {
  std::vector<std::string> names;
  for (const Isa isa : SupportedIsas()) names.emplace_back(IsaName(isa));
  return names;
}

double PeakGflops(const Runtime& runtime) {
  const Context& context = RuntimeAccess::ContextOf(runtime);
  const peak::Kernels& kernels = peak::KernelsFor(context.isa());
  constexpr int64_t kSteps = 800000;
  std::atomic<float> sink = 0;  // somebody wants the results
  const double ms = ShortestMilliseconds(context, [&](int64_t) { sink = kernels.multiply_adds(kSteps, 0.5f, 0.5f); });
  return 2e-6 * static_cast<double>(peak::kSums * kernels.lanes * kSteps * context.threads()) / ms;
}

Bandwidth MemoryBandwidth(const Runtime& runtime) {
  const Context& context = RuntimeAccess::ContextOf(runtime);
  const int threads = context.threads();
  const peak::Kernels& kernels = peak::KernelsFor(context.isa());
  constexpr int64_t kSmallest = int64_t{64} << 20, kLargest = int64_t{512} << 20;
  const int64_t bytes = std::clamp(4 * LastCacheBytes(), kSmallest, kLargest);
  const int64_t count =
      bytes / (threads * peak::kBlockFloats * int64_t{sizeof(float)}) * peak::kBlockFloats;  // floats of a thread
  const auto total = static_cast<size_t>(count * threads);
  const auto a = AllocateAligned<float>(total), b = AllocateAligned<float>(total), to = AllocateAligned<float>(total);
  context.Parallel(threads, [&](int64_t task, int) {
    for (float* array : {a.get(), b.get(), to.get()}) std::fill_n(array + task * count, count, 1.0f);
  });

  std::atomic<float> sink = 0;
  const double read_ms =
      ShortestMilliseconds(context, [&](int64_t task) { sink = kernels.sum(a.get() + task * count, count); });
  const double triad_ms = ShortestMilliseconds(context, [&](int64_t task) {
    const int64_t first = task * count;
    kernels.triad(a.get() + first, b.get() + first, 0.5f, to.get() + first, count);
  });
  const double array_gb = 1e-9 * static_cast<double>(total * sizeof(float));
  return {1e3 * array_gb / read_ms, 3e3 * array_gb / triad_ms};
}

}  // namespace fcn
