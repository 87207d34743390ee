#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "fcn/scores.h"

namespace fcn {

/// ScoresJson before it is written down.
nlohmann::ordered_json JsonOfScores(std::span<const HeadScores> heads);

}  // namespace fcn
