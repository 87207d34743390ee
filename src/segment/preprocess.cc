#include "segment/preprocess.h"

#include <algorithm>

#include "image/resize.h"
#include "image/to_tensor.h"

namespace fcn {
namespace {

Image RepeatEdges(const Image& image, int width, int height) {
  Image larger{width, height, std::vector<uint8_t>(static_cast<size_t>(width) * static_cast<size_t>(height) * 3)};
  for (int y = 0; y < height; y++) {
    const uint8_t* from =
        image.rgb.data() + static_cast<size_t>(std::min(y, image.height - 1)) * static_cast<size_t>(image.width) * 3;
    uint8_t* to = larger.rgb.data() + static_cast<size_t>(y) * static_cast<size_t>(width) * 3;
    for (int x = 0; x < width; x++)
      std::copy_n(from + static_cast<size_t>(std::min(x, image.width - 1)) * 3, 3, to + static_cast<size_t>(x) * 3);
  }
  return larger;
}

}  // namespace

Tensor NetworkInput(const Image& image, const Nhwc& size, const Preprocessing& preprocessing, const Context& context) {
  Tensor input(size);
  std::array<float, 3> scale{};
  std::ranges::transform(preprocessing.deviation.Triple(), scale.begin(),
                         [](float deviation) { return 1 / deviation; });
  const auto order = preprocessing.order == Preprocessing::Order::kRgb ? ChannelOrder::kRgb : ChannelOrder::kBgr;
  const bool fits = image.width == size.w && image.height == size.h;
  const Image larger = fits ? Image{} : RepeatEdges(image, static_cast<int>(size.w), static_cast<int>(size.h));
  ToTensor(fits ? image : larger, preprocessing.mean.Triple(), scale, order, input.view(), context);
  return input;
}

Image ClassifierCrop(const Image& image, const Preprocessing& preprocessing, const Context& context) {
  // Of a very long picture only the middle is scaled: the rest would take memory and be cropped away.
  constexpr int kLongest = 8;
  const int shorter = std::min(image.width, image.height);
  const int width = std::min(image.width, kLongest * shorter), height = std::min(image.height, kLongest * shorter);
  const bool is_long = width != image.width || height != image.height;
  const Image middle = is_long ? CentreCrop(image, width, height) : Image{};
  const Size scaled = FitShorterSide({width, height}, preprocessing.shorter_side);
  return CentreCrop(ResizeBilinear(is_long ? middle : image, scaled.width, scaled.height, context), preprocessing.crop,
                    preprocessing.crop);
}

}  // namespace fcn
