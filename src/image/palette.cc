#include <fmt/format.h>

#include "fcn/drawing.h"
#include "fcn/error.h"

namespace fcn {

std::vector<Colour> VocPalette(int count) {
  if (count < 0 || count > 1 << 24)
    throw Error(ErrorCode::kUsage, fmt::format("there is no palette of {} colours", count), "Ask for 0 to 16777216.");
  std::vector<Colour> palette(static_cast<size_t>(count));
  for (int label = 0; label < count; label++) {
    int channels[3] = {0, 0, 0};
    for (int bit = 0; bit < 24; bit++) channels[bit % 3] |= ((label >> bit) & 1) << (7 - bit / 3);
    palette[static_cast<size_t>(label)] = {static_cast<uint8_t>(channels[0]), static_cast<uint8_t>(channels[1]),
                                           static_cast<uint8_t>(channels[2])};
  }
  return palette;
}

}  // namespace fcn
