#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace fcn {

/// One kind of disagreement: how many there are, and the first few.
class Findings {
 public:
  explicit Findings(std::string what) : what_(std::move(what)) {}
  void Add(const std::string& finding) {
    if (++count_ <= kShown) first_.push_back(finding);
  }
  size_t count() const { return count_; }
  /// "3 missing (a, b, c)"
  std::string ToString() const {
    return fmt::format("{} {} ({}{})", count_, what_, fmt::join(first_, ", "), count_ > kShown ? ", …" : "");
  }

 private:
  static constexpr size_t kShown = 4;
  std::string what_;
  size_t count_ = 0;
  std::vector<std::string> first_;
};

}  // namespace fcn
