#pragma once

#include <cstddef>

#include "fcn/image.h"

namespace fcn {

/// Throws Error(kUsage) where a picture is none, `values` are not one for each of its pixels, or alpha is no share.
void CheckDrawing(const Image& photo, size_t values, float alpha);

}  // namespace fcn
