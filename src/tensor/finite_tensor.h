#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tensor/named_tensors.h"

namespace fcn {

/// How many elements of a floating-point tensor are infinite or no number as float32, and where the first is; nothing
/// where all are finite.
struct NotFinite {
  int64_t count = 0, first = 0;
};
std::optional<NotFinite> FindNotFinite(const StoredTensor& tensor);

/// Throws Error(kInput) that names the tensor and the first of such elements; `where` (the file) begins the message.
void CheckFinite(const std::string& name, const StoredTensor& tensor, const std::string& where);
/// The same of the first tensor that has some.
void CheckFinite(const NamedTensors& tensors, const std::string& where);

}  // namespace fcn
