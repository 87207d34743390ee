#include "train/json_number.h"

#include <cmath>
#include <limits>

namespace fcn {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json ExactNumber(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;  // printed with as many digits as it takes
}

double ReadExactNumber(const json& value) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  if (!value.is_number()) throw json::other_error::create(501, "expected a number", &value);
  return value.get<double>();
}

int64_t ReadCount(const json& value) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > std::numeric_limits<int64_t>::max())
    throw json::other_error::create(501, "expected a whole number from 0 on", &value);
  return value.get<int64_t>();
}

}  // namespace fcn
