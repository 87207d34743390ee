#include "image/to_tensor.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace fcn {

void ToTensor(const Image& image, const std::array<float, 3>& mean, const std::array<float, 3>& scale,
              ChannelOrder order, TensorView<float> out, const Context& context) {
  FCN_CHECK((out.shape == Nhwc{1, image.height, image.width, 3}));
  // Of each of the picture's channels, what every value becomes, and where it goes.
  std::array<std::array<float, 256>, 3> table;
  std::array<int, 3> to = {0, 1, 2};
  if (order == ChannelOrder::kBgr) std::swap(to[0], to[2]);
  for (size_t c = 0; c < 3; c++) {
    const auto channel = static_cast<size_t>(to[c]);
    for (size_t value = 0; value < 256; value++)
      table[c][value] = (static_cast<float>(value) - mean[channel]) * scale[channel];
  }
  constexpr int64_t kPixels = 16384;  // of a task
  context.Parallel((out.shape.pixels() + kPixels - 1) / kPixels, [&](int64_t task, int) {
    const int64_t end = std::min(out.shape.pixels(), (task + 1) * kPixels);
    const uint8_t* rgb = image.rgb.data() + 3 * task * kPixels;
    float* pixel = out.data + task * kPixels * out.pixel_stride;
    for (int64_t i = task * kPixels; i < end; i++, rgb += 3, pixel += out.pixel_stride) {
      pixel[to[0]] = table[0][rgb[0]];
      pixel[to[1]] = table[1][rgb[1]];
      pixel[to[2]] = table[2][rgb[2]];
    }
  });
}

}  // namespace fcn
