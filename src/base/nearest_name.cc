#include "fcn/text.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace fcn {
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); i++) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); j++) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string NearestName(std::string_view word, std::span<const std::string> candidates) {
  word = word.substr(0, 64);  // so that the search stays short whatever is given
  std::string nearest;
  size_t fewest = ~size_t{0};
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < fewest && distance <= (candidate.size() + 1) / 2) fewest = distance, nearest = candidate;
  }
  return nearest;
}

}  // namespace fcn
