#include "report/choose_pictures.h"

#include <algorithm>
#include <cmath>

namespace fcn {

std::vector<ChosenPicture> ChoosePictures(std::span<const double> mean_ius, size_t count) {
  std::vector<size_t> order;  // the worst first
  for (size_t i = 0; i < mean_ius.size(); i++)
    if (std::isfinite(mean_ius[i])) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](size_t i) { return mean_ius[i]; });
  count = std::min(count, order.size());
  const size_t third = count / 3, typical = count - 2 * third, first = (order.size() - typical) / 2;
  std::vector<ChosenPicture> chosen;
  for (size_t i = 0; i < typical; i++) chosen.push_back({order[first + i], PictureRank::kTypical});
  for (size_t i = 0; i < third; i++) chosen.push_back({order[order.size() - 1 - i], PictureRank::kBest});
  for (size_t i = 0; i < third; i++) chosen.push_back({order[i], PictureRank::kWorst});
  return chosen;
}

}  // namespace fcn
