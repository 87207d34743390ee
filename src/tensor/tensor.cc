#include "tensor/tensor.h"

#include <fmt/format.h>

#include <limits>

#include "fcn/error.h"

namespace fcn {

template <typename T>
AlignedBuffer<T> AllocateAligned(size_t count) {
  void* memory = nullptr;
  if (count <= (std::numeric_limits<size_t>::max() >> 1) / sizeof(T)) {
    const size_t bytes = (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    memory = std::aligned_alloc(kAlignment, bytes == 0 ? kAlignment : bytes);
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
