#pragma once

#include "data/picture_sizes.h"
#include "evaluate/evaluate.h"

namespace fcn {

/// The picture of a data set that takes the most memory to evaluate.
struct LargestPicture {
  int width = 0, height = 0;
  int64_t bytes = 0;  ///< EvaluationBytes; 0: no size is known
};

/// Planned from sizes alone, in such pieces. `file` is what messages call a picture of
/// that size. Throws as EvaluationBytes does, with the file before.
LargestPicture PlanLargestPicture(Predictor& predictor, const PictureSizes& sizes, const PieceOptions& options,
                                  FunctionRef<std::string(std::pair<int, int> size)> file);

}  // namespace fcn
