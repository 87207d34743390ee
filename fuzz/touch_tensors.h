#pragma once

#include <cstdint>

#include "target.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// Checks that every tensor has the bytes that its shape and dtype promise, and reads the first and the last of them.
inline void TouchTensors(const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    fuzz::Require(tensor.bytes.size() == static_cast<uint64_t>(tensor.shape.elements()) * DTypeSize(tensor.dtype),
                  "a tensor has the bytes that its shape and dtype promise");
    volatile uint8_t sink = 0;
    if (!tensor.bytes.empty()) sink = tensor.bytes.front() ^ tensor.bytes.back();
    static_cast<void>(sink);
  }
}

}  // namespace fcn
