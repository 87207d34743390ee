#include "tensor/tensor.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <limits>

#include "fcn/error.h"

namespace fcn {
namespace {

// Large blocks lie on huge pages where the system has them: touching half a gigabyte of packed weights for the first
// time is then 256 faults and not 131072, and kernels that read rows far apart wait less for translations.
constexpr size_t kHugePage = size_t{2} << 20, kLarge = 4 * kHugePage;

}  // namespace

template <typename T>
AlignedBuffer<T> AllocateAligned(size_t count) {
  void* memory = nullptr;
  if (count <= (std::numeric_limits<size_t>::max() >> 1) / sizeof(T)) {
    const bool large = count * sizeof(T) >= kLarge;
    const size_t alignment = large ? kHugePage : kAlignment;
    const size_t bytes = (count * sizeof(T) + alignment - 1) / alignment * alignment;
    memory = std::aligned_alloc(alignment, bytes == 0 ? alignment : bytes);
#ifdef MADV_HUGEPAGE
    if (large && memory != nullptr) madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: it may fail
#endif
  }
  if (memory == nullptr)
    throw Error(ErrorCode::kMemory,
                fmt::format("{:.1f} MB of memory are not to be had", static_cast<double>(count) * sizeof(T) / 1e6),
                "Use a smaller image, a smaller batch or a machine with more memory.");
  return AlignedBuffer<T>(static_cast<T*>(memory));
}

template AlignedBuffer<float> AllocateAligned<float>(size_t);
template AlignedBuffer<uint8_t> AllocateAligned<uint8_t>(size_t);
template AlignedBuffer<int32_t> AllocateAligned<int32_t>(size_t);

}  // namespace fcn
