#pragma once

#include "tensor/named_tensors.h"

namespace fcn {

/// Throws Error(kIo) where the bytes of a tensor are pages of a file that was changed since it was opened, as
/// WholeFile::CheckUnchanged does: what was read of them until now may be wrong.
void CheckUnchanged(const StoredTensor& tensor);
void CheckUnchanged(const NamedTensors& tensors);

}  // namespace fcn
