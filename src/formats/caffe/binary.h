#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "formats/caffe/message.h"

namespace fcn {

/// A binary NetParameter without its weights.
struct CaffeBinary {
  CaffeMessage net;                             ///< of a layer's "blobs" each has a "num": its index in `blobs`
  std::vector<std::span<const uint8_t>> blobs;  ///< parts of the file
};

/// Reads a NetParameter in binary form, as .caffemodel files are, and leaves the weights where they lie. Unknown fields
/// are kept by number. Throws Error(kInput) that names the file for what is malformed, and where a bound of
/// docs/formats.md is exceeded.
CaffeBinary ParseCaffeBinary(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace fcn
