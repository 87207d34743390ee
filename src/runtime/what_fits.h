#pragma once

#include <cstdint>
#include <string>

#include "fcn/function_ref.h"
#include "tensor/tensor.h"

namespace fcn {

/// What of an image's memory follows from its size.
struct PlannedImage {
  Nhwc shape;
  int64_t bytes = 0;    ///< all that is planned for it
  int64_t lasting = 0;  ///< of these, what does not grow with it
  /// The same for another size. Throws where the network does not take it.
  FunctionRef<int64_t(int64_t height, int64_t width)> bytes_of;
};

/// "an image of at most 640x480": the largest of these proportions for which no more than `bytes` are planned, nearly.
/// What grows is taken for proportional to the pixels, and what comes of it is planned.
std::string WhatFits(const PlannedImage& image, int64_t bytes);

/// Where no size is known that would fit.
inline constexpr const char* kSomethingSmaller = "a smaller image or batch";

}  // namespace fcn
