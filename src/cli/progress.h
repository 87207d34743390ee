#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace fcn::cli {

/// A bar on standard error for work of several parts; nothing where standard error is no terminal, and nothing in the
/// first half second, so that quick work stays quiet.
class Progress {
 public:
  Progress(std::string what, size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` parts are finished.
  void Update(size_t done);

 private:
  std::string what_;
  size_t total_;
  bool terminal_, shown_ = false;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace fcn::cli
