#pragma once

#include <cstdint>

namespace fcn {

/// 64 random bits that are a pure function of (seed, index): splitmix64 (Steele, Lea and Flood 2014) at position
/// `index` of the stream `seed`. tools/ has the same in Python, so that golden files need not hold weights.
constexpr uint64_t RandomBits(uint64_t seed, uint64_t index) {
  uint64_t z = seed * 0xd1342543de82ef95 + (index + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// Uniform in [-1, 1), a multiple of 2⁻²³: exact in float32, so every language computes the same value.
constexpr float RandomUniform(uint64_t seed, uint64_t index) {
  return static_cast<float>(static_cast<int32_t>(RandomBits(seed, index) >> 40) - (1 << 23)) * 0x1p-23f;
}

/// A seed from a name (FNV-1a), so that each parameter of a network has a stream of its own.
constexpr uint64_t SeedFromName(const char* name, uint64_t seed = 0) {
  uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (; *name != '\0'; name++) hash = (hash ^ static_cast<uint8_t>(*name)) * 0x100000001b3;
  return hash;
}

}  // namespace fcn
