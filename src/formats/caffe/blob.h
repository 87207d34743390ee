#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "tensor/named_tensors.h"

namespace fcn {

/// A weight or a mean image (BlobProto) in binary form, float32 or float64, with the shape that the file says: the four
/// numbers of the older form where it has any of them, as in Caffe. The elements stay where they lie where they are in
/// one piece; gradients ("diff") are passed over. `owner` keeps `bytes` alive; `name` is what messages call it
/// ("x.caffemodel: blob 0 of …"). Throws Error(kInput) for what is malformed or where there are not as many elements as
/// the shape says.
StoredTensor ParseCaffeBlob(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                            const std::string& name);

}  // namespace fcn
