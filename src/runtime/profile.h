#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fcn {

/// Time spent in each step of a program, summed over runs. One per thread that calls Run.
struct Profile {
  struct Row {
    std::string name, kernel, output_shape;
    int64_t multiply_adds = 0;  ///< of the direct algorithm, whatever the kernel does
    double milliseconds = 0;    ///< over all runs
  };
  std::vector<Row> rows;
  int runs = 0;
};

/// A table for people: the slowest steps first, share of the whole, GFLOP/s by the direct count.
std::string ProfileTable(const Profile& profile);

}  // namespace fcn
