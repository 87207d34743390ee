#include "segment/heat.h"

#include <algorithm>

#include "kernels/resize/resize.h"

namespace fcn {

std::vector<float> ClassHeat(TensorView<const float> coarse_probabilities, std::span<const int> classes,
                             const Nhwc& input, int width, int height, const Context& context) {
  const Nhwc& grid = coarse_probabilities.shape;
  Tensor coarse({1, grid.h, grid.w, 1}), fine({1, input.h, input.w, 1});
  for (int64_t i = 0; i < grid.h * grid.w; i++) {
    float sum = 0;
    for (int index : classes) sum += coarse_probabilities.data[i * coarse_probabilities.pixel_stride + index];
    coarse.data()[i] = std::clamp(sum, 0.0f, 1.0f);
  }
  const auto scratch =
      AllocateAligned<float>(static_cast<size_t>(resize::BilinearScratchFloats(fine.shape(), context.threads())));
  resize::Bilinear(coarse.view(), fine.view(), scratch.get(), context);

  std::vector<float> heat;
  heat.reserve(static_cast<size_t>(width) * static_cast<size_t>(height));
  for (int64_t y = 0; y < height; y++) {
    const float* row = fine.view().at(0, y, 0);
    heat.insert(heat.end(), row, row + width);
  }
  return heat;
}

}  // namespace fcn
