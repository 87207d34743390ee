#pragma once

#include <cstdint>
#include <span>

namespace fcn::test {

/// The CRC-32 of zlib and PNG, bit by bit.
inline uint32_t Crc32(std::span<const uint8_t> bytes) {
  uint32_t crc = ~uint32_t{0};
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320 & (0 - (crc & 1)));
  }
  return ~crc;
}

}  // namespace fcn::test
