#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fcn/export.h"

namespace fcn {

/// What a model file's checksum says of its content.
enum class ChecksumResult {
  kNone,     ///< there is none: nothing tells whether the file was damaged
  kUnknown,  ///< it is of a kind that this version cannot compute
  kMatches,
  kDiffers,  ///< the file was damaged, or changed by somebody
};

/// A tensor of a file that has infinite elements, or some that are no numbers.
struct FCN_API NotFiniteTensor {
  std::string name;
  int64_t elements = 0;
  int64_t count = 0;  ///< of them
  int64_t first = 0;  ///< the index of the first of them
};

/// How a model's answer to a known picture compares with what it answered when it was made.
struct FCN_API GoldenResult {
  std::string head = {};          ///< whose scores they are; empty: the first's
  int64_t width = 0, height = 0;  ///< of the picture
  size_t scores = 0;              ///< that were compared
  double largest_difference = 0;  ///< infinite where a score is no number
  double tolerance = 0;
  bool passed() const { return largest_difference <= tolerance; }
};

/// What Model::Verify found.
struct FCN_API Verification {
  ChecksumResult checksum = ChecksumResult::kNone;
  std::vector<NotFiniteTensor> not_finite;  ///< by name
  std::vector<GoldenResult> golden;         ///< of no vector where a tensor is not finite
  /// No damage was found. (Without a checksum, golden vectors alone say so.)
  bool passed() const;
};

}  // namespace fcn
