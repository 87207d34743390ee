#pragma once

#ifndef FCN_FUZZ_REPLAY

#include <cstddef>
#include <cstdint>

#include "target.h"

namespace fcn {

inline uint32_t ReadU32(const uint8_t* p) {
  return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | uint32_t{p[3]};
}

/// CRC-32 of ISO 3309, as PNG takes it over a chunk's type and content.
inline uint32_t Crc(const uint8_t* bytes, size_t size) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

}  // namespace fcn

/// For targets that read PNGs: mutations as usual, after which the checksums are made right. Else nearly all inputs
/// would stop at the first one.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  size = LLVMFuzzerMutate(data, size, max_size);
  for (size_t at = 8; at + 12 <= size;) {
    const size_t length = fcn::ReadU32(data + at);
    if (length > size - at - 12) break;
    const uint32_t crc = fcn::Crc(data + at + 4, length + 4);
    for (size_t i = 0; i < 4; i++) data[at + 8 + length + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
    at += length + 12;
  }
  return size;
}

#endif  // FCN_FUZZ_REPLAY
