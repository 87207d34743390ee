#include "tensor/mapped_tensors.h"

#include "base/whole_file.h"

namespace fcn {

void CheckUnchanged(const StoredTensor& tensor) {
  if (tensor.mapped) static_cast<const WholeFile*>(tensor.owner.get())->CheckUnchanged();
}

void CheckUnchanged(const NamedTensors& tensors) {
  const void* checked = nullptr;  // most often all are of one file
  for (const auto& [name, tensor] : tensors) {
    if (tensor.owner.get() == checked) continue;
    CheckUnchanged(tensor);
    checked = tensor.owner.get();
  }
}

}  // namespace fcn
