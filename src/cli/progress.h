#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "cli/print.h"

namespace fcn::cli {

/// A bar on standard error for work of several parts; nothing where standard error is no terminal, and nothing in the
/// first half second, so that quick work stays quiet.
class Progress {
 public:
  Progress(std::string what, size_t total);

  /// `done` parts are finished.
  void Update(size_t done);

 private:
  std::string what_;
  size_t total_;
  ProgressLine line_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace fcn::cli
