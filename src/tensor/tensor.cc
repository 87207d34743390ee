#include "tensor/tensor.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <limits>

#include "fcn/error.h"

namespace fcn {

namespace {

constexpr size_t kHugePage = size_t{2} << 20;

/// Whole blocks of `alignment`. Throws Error(kMemory) where there are none.
template <typename T>
AlignedBuffer<T> Allocate(size_t count, size_t alignment) {
  void* memory = nullptr;
  if (count <= (std::numeric_limits<size_t>::max() >> 1) / sizeof(T)) {
    const size_t blocks = (count * sizeof(T) + alignment - 1) / alignment;
    memory = std::aligned_alloc(alignment, std::max<size_t>(blocks, 1) * alignment);
  }
  if (memory == nullptr)
    throw Error(ErrorCode::kMemory,
                fmt::format("{:.1f} MB of memory are not to be had", static_cast<double>(count) * sizeof(T) / 1e6),
                "Use a smaller image, a smaller batch or a machine with more memory.");
  return AlignedBuffer<T>(static_cast<T*>(memory));
}

}  // namespace

template <typename T>
AlignedBuffer<T> AllocateAligned(size_t count) {
  return Allocate<T>(count, kAlignment);
}

AlignedBuffer<uint8_t> AllocateWorkspace(size_t bytes) {
  // In few pages much of the last one would be wasted.
  if (bytes < 4 * kHugePage) return AllocateAligned<uint8_t>(bytes);
  AlignedBuffer<uint8_t> memory = Allocate<uint8_t>(bytes, kHugePage);
#ifdef MADV_HUGEPAGE
  // A wish: where there are none, small pages serve.
  ::madvise(memory.get(), (bytes + kHugePage - 1) / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return memory;
}

template AlignedBuffer<float> AllocateAligned<float>(size_t);
template AlignedBuffer<uint8_t> AllocateAligned<uint8_t>(size_t);
template AlignedBuffer<int32_t> AllocateAligned<int32_t>(size_t);

}  // namespace fcn
