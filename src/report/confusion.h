#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fcn/scores.h"

namespace fcn {

/// A matrix of more classes would be of no use to anybody.
inline constexpr int kMostMatrixClasses = 256;

/// The matrix as HTML: rows are true classes, columns what they were taken for; each cell is as strong as its share of
/// the row, right ones in one colour, wrong ones in another, with the figure on it where there is room, and in a title.
/// The names of the rows stay where the columns are scrolled. `what` is said to screen readers. Colours come from the
/// page's style (classes matrix-…). Empty for more than kMostMatrixClasses.
std::string ConfusionHtml(const ConfusionMatrix& matrix, std::span<const std::string> classes, const std::string& what);

/// A class that was taken for another.
struct Mistake {
  int truth, prediction;
  int64_t pixels;
  bool operator==(const Mistake&) const = default;
};

/// The `most` mistakes of most pixels, the largest first.
std::vector<Mistake> LargestMistakes(const ConfusionMatrix& matrix, size_t most);

}  // namespace fcn
