#pragma once

#include <cstdint>
#include <vector>

namespace fcn {

/// A buffer that is needed from step `first` to step `last`, both included.
struct BufferLife {
  int64_t bytes = 0;
  int first = 0, last = 0;
};

struct MemoryLayout {
  std::vector<int64_t> offsets;  ///< one per buffer, multiples of kAlignment; buffers that live at once do not overlap
  int64_t bytes = 0;             ///< of the whole arena
};

/// Places buffers in one arena, largest first, each at the lowest offset that is free for its whole life (greedy by
/// size: Pisarchyk and Lee 2020). Deterministic.
MemoryLayout PlanMemory(const std::vector<BufferLife>& buffers);

/// The most bytes that live at any one step: no layout can be smaller.
int64_t MemoryLowerBound(const std::vector<BufferLife>& buffers);

}  // namespace fcn
