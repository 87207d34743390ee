#include "runtime/memory_planner.h"

#include <algorithm>
#include <numeric>

#include "tensor/tensor.h"

namespace fcn {
namespace {

int64_t Aligned(int64_t bytes) {
  constexpr auto kStep = static_cast<int64_t>(kAlignment);
  return (bytes + kStep - 1) / kStep * kStep;
}

bool LiveTogether(const BufferLife& a, const BufferLife& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

MemoryLayout PlanMemory(const std::vector<BufferLife>& buffers) {
  std::vector<size_t> by_size(buffers.size());
  std::iota(by_size.begin(), by_size.end(), size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](size_t a, size_t b) { return buffers[a].bytes > buffers[b].bytes; });

  MemoryLayout layout;
  layout.offsets.assign(buffers.size(), 0);
  std::vector<size_t> placed;  // in the order of their offsets
  for (size_t i : by_size) {
    int64_t offset = 0;
    for (size_t other : placed) {
      if (!LiveTogether(buffers[i], buffers[other])) continue;
      if (layout.offsets[other] - offset >= Aligned(buffers[i].bytes)) break;
      offset = std::max(offset, layout.offsets[other] + Aligned(buffers[other].bytes));
    }
    layout.offsets[i] = offset;
    layout.bytes = std::max(layout.bytes, offset + Aligned(buffers[i].bytes));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), i,
                                   [&](size_t a, size_t b) { return layout.offsets[a] < layout.offsets[b]; }),
                  i);
  }
  return layout;
}

int64_t MemoryLowerBound(const std::vector<BufferLife>& buffers) {
  int64_t most = 0;
  for (const BufferLife& at : buffers) {
    // The load only rises where a buffer begins.
    int64_t live = 0;
    for (const BufferLife& other : buffers)
      if (other.first <= at.first && at.first <= other.last) live += Aligned(other.bytes);
    most = std::max(most, live);
  }
  return most;
}

}  // namespace fcn
