#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "metrics/scores.h"

namespace fcn {

/// Scores for machines: pixel_accuracy, mean_accuracy, mean_iu, fw_iu, and per_class, a list of name, iu, accuracy and
/// pixels (of the truth). What is no number (an absent class) is null.
nlohmann::ordered_json ScoresJson(const Scores& scores, const std::vector<std::string>& classes);

/// The same for people: the paper's names with today's beside them, then a line for each class.
std::string ScoresText(const Scores& scores, const std::vector<std::string>& classes);

}  // namespace fcn
