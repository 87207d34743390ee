#pragma once

#include <span>

#include "base/context.h"
#include "fcn/image.h"
#include "image/palette.h"

namespace fcn {

struct OverlayOptions {
  float alpha = 0.5f;    ///< of the colours; 0 leaves the photograph, 1 hides it
  int background = 0;    ///< the label that stays clear; -1: none
  bool contours = true;  ///< the rims of the regions in the opaque colour, 1 pixel wide per 500 of the shorter side
};

/// A label map over the photograph that it belongs to, in the colours of a palette. `labels` has photo.height ×
/// photo.width entries of uint8_t, uint16_t or int32_t. Labels without a colour (an ignore label of 255, say) stay
/// clear.
template <typename Label>
Image Overlay(const Image& photo, const Label* labels, std::span<const Colour> palette, const OverlayOptions& options,
              const Context& context);

}  // namespace fcn
