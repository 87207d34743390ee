#pragma once

#include <nlohmann/json.hpp>

namespace fcn {

/// A double as JSON that comes back exactly: a number, null for NaN, "inf" or "-inf".
nlohmann::ordered_json ExactNumber(double value);

/// The reverse. Throws nlohmann::json::exception for anything else. Whatever is read from files is read as json, not
/// ordered_json, which looks through all keys before it adds one: a hostile file with many would take hours.
double ReadExactNumber(const nlohmann::json& value);

/// A whole number from 0 on. Throws nlohmann::json::exception for anything else.
int64_t ReadCount(const nlohmann::json& value);

}  // namespace fcn
