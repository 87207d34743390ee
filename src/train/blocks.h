#pragma once

#include <algorithm>
#include <cstdint>

#include "base/context.h"
#include "base/denormals.h"

namespace fcn {

/// body(first, last) for blocks of a fixed length that cover [0, count), in parallel and with denormals flushed.
template <typename Body>
void ForBlocks(const Context& context, size_t count, const Body& body) {
  constexpr size_t kBlock =
      16384;              // 64 kB of floats: worth a task, and five arrays of it fit into a second-level cache
  if (count <= kBlock) {  // a network has hundreds of these: no thread need be woken
    const FlushDenormals flush;
    if (count > 0) body(size_t{0}, count);
    return;
  }
  context.Parallel(static_cast<int64_t>((count + kBlock - 1) / kBlock), [&](int64_t task, int) {
    const size_t first = static_cast<size_t>(task) * kBlock;
    body(first, std::min(first + kBlock, count));
  });
}

}  // namespace fcn
