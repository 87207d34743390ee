#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>

#include "base/check.h"

namespace fcn {

/// Of an input.
inline constexpr size_t kMostBands = 64;

/// A number for each band of an input, at most kMostBands. They are inside of it, so that a constant can be one.
class PerBand {
 public:
  constexpr PerBand() = default;
  constexpr PerBand(std::initializer_list<float> values) : PerBand(std::span(values.begin(), values.size())) {}
  constexpr explicit PerBand(std::span<const float> values) : count_(values.size()) {
    FCN_CHECK(values.size() <= kMostBands);
    std::ranges::copy(values, values_.begin());
  }

  constexpr size_t size() const { return count_; }
  constexpr const float* begin() const { return values_.data(); }
  constexpr const float* end() const { return values_.data() + count_; }
  constexpr float operator[](size_t band) const { return values_[band]; }
  constexpr float& operator[](size_t band) { return values_[band]; }
  bool operator==(const PerBand&) const = default;

  /// Of a picture's red, green and blue, or the reverse.
  std::array<float, 3> Triple() const {
    FCN_CHECK(count_ == 3);
    return {values_[0], values_[1], values_[2]};
  }

 private:
  std::array<float, kMostBands> values_{};  // zero behind the last one
  size_t count_ = 0;
};

}  // namespace fcn
