#pragma once

// Files as torch.save writes them, out of tensors that a test made.

#include <string>
#include <utility>
#include <vector>

#include "formats/pickle_builder.h"
#include "formats/zip_builder.h"
#include "tensor/named_tensors.h"

namespace fcn::test {

enum class TorchForm { kZip, kLegacy };

/// Collects tensors into pickled dicts, and makes the file of what was made of those.
class TorchFile {
 public:
  explicit TorchFile(TorchForm form) : form_(form) {}

  /// A state dict of float32 tensors, each name behind `prefix`.
  pickle::Code StateDict(const NamedTensors& tensors, const std::string& prefix = {}) {
    std::vector<std::pair<pickle::Code, pickle::Code>> entries;
    for (const auto& [name, tensor] : tensors) {
      const std::string key = std::to_string(storages_.size());
      const auto elements = tensor.shape.elements();
      storages_.push_back({key, static_cast<uint64_t>(elements), {tensor.bytes.begin(), tensor.bytes.end()}});
      std::vector<int64_t> sizes(tensor.shape.dims().begin(), tensor.shape.dims().end()), strides(sizes.size(), 1);
      for (size_t i = sizes.size(); i-- > 1;) strides[i - 1] = strides[i] * sizes[i];
      entries.emplace_back(
          pickle::String(prefix + name),
          pickle::Tensor(pickle::Storage("FloatStorage", key, elements, form_ == TorchForm::kZip ? "" : "N"), 0, sizes,
                         strides));
    }
    return pickle::Dict(entries);
  }

  std::string Bytes(const pickle::Code& object) const {
    if (form_ == TorchForm::kLegacy) return pickle::LegacyFile(object, storages_);
    std::vector<ZipEntry> entries = {{"archive/data.pkl", pickle::Program(object)}};
    for (const pickle::RawStorage& storage : storages_)
      entries.push_back({"archive/data/" + storage.key, storage.bytes});
    return MakeZip(entries);
  }

 private:
  TorchForm form_;
  std::vector<pickle::RawStorage> storages_;
};

}  // namespace fcn::test
