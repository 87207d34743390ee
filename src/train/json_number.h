#pragma once

#include <nlohmann/json.hpp>

namespace fcn {

/// A double as JSON that comes back exactly: a number, null for NaN, "inf" or "-inf".
nlohmann::ordered_json ExactNumber(double value);

/// The reverse. Throws nlohmann::json::exception for anything else.
double ReadExactNumber(const nlohmann::ordered_json& value);

/// A whole number from 0 on. Throws nlohmann::json::exception for anything else.
int64_t ReadCount(const nlohmann::ordered_json& value);

}  // namespace fcn
