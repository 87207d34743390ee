#include "evaluate/largest_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "fcn/error.h"

namespace fcn {

LargestPicture PlanLargestPicture(Predictor& predictor, const PictureSizes& sizes, const PieceOptions& options,
                                  FunctionRef<std::string(std::pair<int, int> size)> file) {
  // What a picture needs hardly ever falls where its pixels grow: of many sizes, the largest few are planned.
  constexpr size_t kPlanned = 8;
  std::vector<std::pair<int, int>> largest_sizes;
  for (const auto& [size, pictures] : sizes) largest_sizes.push_back(size);
  const auto pixels = [](const std::pair<int, int>& size) { return int64_t{size.first} * size.second; };
  std::ranges::stable_sort(largest_sizes, std::ranges::greater(), pixels);
  largest_sizes.resize(std::min(largest_sizes.size(), kPlanned));
  LargestPicture largest;
  for (const auto& [width, height] : largest_sizes) {
    try {
      const int64_t bytes = EvaluationBytes(predictor, width, height, options);
      if (bytes > largest.bytes) largest = {width, height, bytes};
    } catch (const Error& error) {  // of layers
      throw Error(error.code(), fmt::format("{}: {}", file({width, height}), error.message()), error.hint());
    }
  }
  return largest;
}

}  // namespace fcn
