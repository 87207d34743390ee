#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>

#include "fcn/error.h"

namespace fcn {

/// Of an input.
inline constexpr size_t kMostBands = 64;

/// A number for each band of an input, at most kMostBands: more throw Error(kUsage). They are inside of it, so that a
/// constant can be one.
class PerBand {
 public:
  constexpr PerBand() = default;
  constexpr PerBand(std::initializer_list<float> values) : PerBand(std::span(values.begin(), values.size())) {}
  constexpr explicit PerBand(std::span<const float> values) : count_(values.size()) {
    if (values.size() > kMostBands)
      throw Error(ErrorCode::kUsage, "numbers for more bands than an input may have", "give at most 64");
    std::ranges::copy(values, values_.begin());
  }

  constexpr size_t size() const { return count_; }
  constexpr const float* begin() const { return values_.data(); }
  constexpr const float* end() const { return values_.data() + count_; }
  constexpr float operator[](size_t band) const { return values_[band]; }
  constexpr float& operator[](size_t band) { return values_[band]; }
  bool operator==(const PerBand&) const = default;

  /// Of a picture's red, green and blue, or the reverse. Throws Error(kUsage) for numbers of other bands.
  std::array<float, 3> Triple() const {
    if (count_ != 3) throw Error(ErrorCode::kUsage, "numbers of other bands than three", "give one for each colour");
    return {values_[0], values_[1], values_[2]};
  }

 private:
  std::array<float, kMostBands> values_{};  // zero behind the last one
  size_t count_ = 0;
};

}  // namespace fcn
