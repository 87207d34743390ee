#pragma once

#include <algorithm>
#include <cstdint>

namespace fcn {

/// The taps [begin, end) of a window that lie inside an image: begin == end where none does.
struct TapRange {
  int begin, end;
};

/// Of the taps at first, first + dilation, …, those whose position is in [0, size), along one axis.
inline TapRange TapsInside(int64_t first, int taps, int dilation, int64_t size) {
  const int64_t begin = first < 0 ? (-first + dilation - 1) / dilation : 0;
  const int64_t end = size > first ? (size - first + dilation - 1) / dilation : 0;
  const int clamped_end = static_cast<int>(std::min<int64_t>(end, taps));
  return {static_cast<int>(std::min<int64_t>(begin, clamped_end)), clamped_end};
}

}  // namespace fcn
