#pragma once

#ifndef FCN_FUZZ_REPLAY

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "target.h"

namespace fcn::fuzz {

/// For files of eight bytes of length, a JSON header of that length, and data: one of the parts is mutated, and the
/// length is made right again. Else nearly all inputs would stop at the length, or at data that do not belong to it.
inline size_t MutateSafetensors(uint8_t* data, size_t size, size_t max_size, unsigned seed,
                                size_t (*mutate_header)(uint8_t*, size_t, size_t, unsigned)) {
  uint64_t length = 0;
  if (size < 8 || max_size < 64 || seed % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(&length, data, 8);
  if (length > size - 8) return LLVMFuzzerMutate(data, size, max_size);
  const bool of_data = seed % 16 < 4 && length + 8 < size;
  const size_t begin = of_data ? 8 + static_cast<size_t>(length) : 8,
               end = of_data ? size : 8 + static_cast<size_t>(length);
  const size_t room = max_size - (size - (end - begin));
  std::vector<uint8_t> part(std::max(room, end - begin));
  std::copy(data + begin, data + end, part.begin());
  const std::vector<uint8_t> rest(data + end, data + size);
  const size_t made = std::min(room, of_data ? LLVMFuzzerMutate(part.data(), end - begin, room)
                                             : mutate_header(part.data(), end - begin, room, seed));
  std::copy(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(made), data + begin);
  std::copy(rest.begin(), rest.end(), data + begin + made);
  if (!of_data) {
    length = made;
    std::memcpy(data, &length, 8);
  }
  return begin + made + rest.size();
}

}  // namespace fcn::fuzz

#ifndef FCN_FUZZ_OWN_MUTATOR
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fcn::fuzz::MutateSafetensors(
      data, size, max_size, seed,
      [](uint8_t* header, size_t length, size_t room, unsigned) { return LLVMFuzzerMutate(header, length, room); });
}
#endif

#endif  // FCN_FUZZ_REPLAY
