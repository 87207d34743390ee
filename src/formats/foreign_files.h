#pragma once

#include <cstdint>
#include <span>

namespace fcn {

/// What a file seems to be that people hand over in place of weights, and what to do about it.
struct ForeignFile {
  const char* what = nullptr;  ///< "a Caffe model", as in "seems to be a Caffe model"
  const char* hint = nullptr;
};

/// Told by the bytes; `what` is nullptr where they are of no kind that is known.
ForeignFile RecogniseForeignFile(std::span<const uint8_t> bytes);

}  // namespace fcn
