#pragma once

#include <cstdint>
#include <initializer_list>

namespace fcn {

/// Groups of instructions that kernels are written for. A processor has each of them or not, whatever others it has.
enum class CpuFeature : uint8_t {
  kSse4,        ///< SSE 4.2 and carry-less multiplication
  kAvx2,        ///< with FMA and half floats
  kAvx512,      ///< F, VL, DQ, BW
  kAvx512Vnni,  ///< products of bytes, summed in 32 bits
  kAvx512Bf16,  ///< products of bfloat16, summed in float32
  kAmxBf16,     ///< tiles of bfloat16
  kAmxInt8,     ///< tiles of bytes
  kNeon,
};

/// A set of them.
class CpuFeatures {
 public:
  constexpr CpuFeatures() = default;
  constexpr CpuFeatures(std::initializer_list<CpuFeature> features) {
    for (const CpuFeature feature : features) bits_ |= Bit(feature);
  }

  constexpr bool Has(CpuFeature feature) const { return (bits_ & Bit(feature)) != 0; }
  /// Whether all of `others` are in it.
  constexpr bool HasAll(CpuFeatures others) const { return (bits_ & others.bits_) == others.bits_; }
  constexpr void Add(CpuFeature feature) { bits_ |= Bit(feature); }
  constexpr CpuFeatures operator|(CpuFeatures other) const {
    other.bits_ |= bits_;
    return other;
  }
  constexpr bool operator==(const CpuFeatures&) const = default;

 private:
  static constexpr uint32_t Bit(CpuFeature feature) { return uint32_t{1} << static_cast<unsigned>(feature); }

  uint32_t bits_ = 0;
};

/// What this processor has and the system lets programs use. (Tiles: also what it gives to those who ask for them.)
CpuFeatures MachineFeatures();

}  // namespace fcn
