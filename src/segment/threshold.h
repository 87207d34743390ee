#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/model.h"

namespace fcn {

/// A threshold for each head of a model: `threshold` for the only binary one, `by_head` for those that are named; 0.5
/// for the rest. Throws Error(kUsage), which begins with `where`, for a threshold that is not between 0 and 1, of a
/// head that is not there or not binary; and where `threshold` is not 0.5 and there are several binary heads or none.
std::vector<double> ThresholdsOf(const ModelContents& model, double threshold,
                                 const std::map<std::string, double>& by_head, const std::string& where);

}  // namespace fcn
