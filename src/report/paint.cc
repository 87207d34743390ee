#include "report/paint.h"

namespace fcn {

Image PaintLabels(int width, int height, std::span<const uint16_t> labels, std::span<const Colour> palette) {
  Image image{width, height, {}};
  image.rgb.reserve(labels.size() * 3);
  for (const uint16_t label : labels) {
    const Colour colour = label < palette.size() ? palette[label] : kUncountedColour;
    image.rgb.insert(image.rgb.end(), {colour.r, colour.g, colour.b});
  }
  return image;
}

}  // namespace fcn
