#include "image/to_tensor.h"

#include <algorithm>

#include "base/check.h"

namespace fcn {

void ToTensor(const Image& image, const std::array<float, 3>& mean, const std::array<float, 3>& scale,
              ChannelOrder order, TensorView<float> out, const Context& context) {
  FCN_CHECK((out.shape == Nhwc{1, image.height, image.width, 3}));
  constexpr int64_t kPixels = 16384;  // of a task
  context.Parallel((out.shape.pixels() + kPixels - 1) / kPixels, [&](int64_t task, int) {
    const int64_t end = std::min(out.shape.pixels(), (task + 1) * kPixels);
    for (int64_t i = task * kPixels; i < end; ++i) {
      const uint8_t* rgb = image.rgb.data() + 3 * i;
      float* pixel = out.data + i * out.pixel_stride;
      for (int c = 0; c < 3; ++c) {
        const auto channel = static_cast<size_t>(c);
        pixel[c] = (static_cast<float>(rgb[order == ChannelOrder::kRgb ? c : 2 - c]) - mean[channel]) * scale[channel];
      }
    }
  });
}

}  // namespace fcn
