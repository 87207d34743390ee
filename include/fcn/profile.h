#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fcn/export.h"

namespace fcn {

/// Time spent in each step of a program, one or more layers of a network, summed over runs.
struct FCN_API Profile {
  struct FCN_API Row {
    std::string name, kernel, output_shape;
    int64_t multiply_adds = 0;  ///< of the direct algorithm, whatever the kernel does
    int64_t bytes = 0;          ///< the least that has to move: inputs, parameters and output once each
    double milliseconds = 0;    ///< over all runs
  };
  std::vector<Row> rows;
  int runs = 0;
};

/// What a machine does at most: float32 operations and bytes to and from memory a second, in units of 10⁹.
struct FCN_API Roofline {
  double gflops = 0, gbytes = 0;
};

/// A row beside the two bounds of a roofline (Williams, Waterman and Patterson 2009).
struct FCN_API RooflineRow {
  double milliseconds = 0;    ///< of one run
  double gflops = 0;          ///< a second, by the direct count: more than the peak where an algorithm multiplies less
  double gbytes = 0;          ///< a second, by the least count: more than memory's where data stay in caches
  bool memory_bound = false;  ///< which of the two bounds is the stricter
  double of_bound = 0;        ///< the bound's time over the time taken
};
FCN_API RooflineRow AtRoofline(const Profile& profile, const Profile::Row& row, const Roofline& machine);

/// A table for people: the slowest steps first, with their share of the whole and their place under the roofline.
FCN_API std::string ProfileTable(const Profile& profile, const Roofline& machine);

}  // namespace fcn
