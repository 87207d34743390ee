#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fcn {

// Reading JSON strictly. Whatever is wrong throws nlohmann::json::exception with the place in its text.

[[noreturn]] inline void Malformed(const std::string& what) {
  throw nlohmann::json::other_error::create(501, what, nullptr);
}

/// What an exception says, without the library's own number.
inline std::string_view TextOf(const nlohmann::json::exception& error) {
  const std::string_view what = error.what();
  const size_t end = what.find("] ");
  return end == std::string_view::npos ? what : what.substr(end + 2);
}

/// read(), with place() before what it says is wrong.
template <typename Place, typename Read>
auto At(Place place, Read read) {
  try {
    return read();
  } catch (const nlohmann::json::exception& error) {
    const std::string_view what = TextOf(error);
    Malformed(fmt::format("{}{}{}", place(), what.starts_with('.') || what.starts_with('[') ? "" : ": ", what));
  }
}

/// A number that is finite as a T.
template <typename T>
T ToReal(const nlohmann::json& value) {
  const double number = value.get<double>();
  if (!value.is_number() || !(std::abs(number) <= static_cast<double>(std::numeric_limits<T>::max())))
    Malformed("a number is out of range");
  return static_cast<T>(number);
}

template <typename T>
T ToInteger(const nlohmann::json& value) {
  const bool fits = value.is_number_unsigned() ? std::in_range<T>(value.get<uint64_t>())
                                               : value.is_number_integer() && std::in_range<T>(value.get<int64_t>());
  if (!fits) Malformed("an integer is out of range");
  return static_cast<T>(value.get<nlohmann::json::number_integer_t>());
}

/// Each element of a list that has at most so many.
template <typename Parse>
auto ToList(const nlohmann::json& value, size_t most, Parse parse) {
  if (!value.is_array()) Malformed("it is no list");
  if (value.size() > most) Malformed(fmt::format("it has {} elements, and at most {} are read", value.size(), most));
  std::vector<decltype(parse(value))> all;
  for (const nlohmann::json& element : value)
    all.push_back(At([&] { return fmt::format("[{}]", all.size()); }, [&] { return parse(element); }));
  return all;
}

template <typename T>
std::array<T, 2> ToPair(const nlohmann::json& value) {
  if (!value.is_array() || value.size() != 2) Malformed("it has two numbers");
  const std::vector<T> both = ToList(value, 2, ToReal<T>);
  return {both[0], both[1]};
}

/// The members of an object.
class Members {
 public:
  explicit Members(const nlohmann::json& object) : object_(object) {
    if (!object.is_object()) Malformed("it is no object");
  }
  /// There may be these and no others: an unknown one could change what the rest means.
  Members(const nlohmann::json& object, std::initializer_list<std::string_view> known) : Members(object) {
    for (const auto& [name, value] : object.items())
      if (std::ranges::find(known, name) == known.end()) Malformed(fmt::format("unknown member '{}'", name));
  }

  bool Has(const char* name) const { return object_.contains(name); }
  /// read(the member), which must be there.
  template <typename Read>
  auto Get(const char* name, Read read) const {
    if (!Has(name)) Malformed(fmt::format("the member '{}' is missing", name));
    return At([&] { return fmt::format(".{}", name); }, [&] { return read(object_.at(name)); });
  }
  template <typename T>
  T Get(const char* name) const {
    return Get(name, [](const nlohmann::json& value) { return value.get<T>(); });
  }

 private:
  const nlohmann::json& object_;
};

}  // namespace fcn
