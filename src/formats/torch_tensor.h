#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/unpickler.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// What a pickle says of a storage: a flat array that tensors are views of.
struct TorchStorage {
  struct View {
    int64_t offset = 0, elements = 0;
  };
  DType dtype = DType::kFloat32;
  std::string_view key;      ///< its name in the file, valid while the pickle's bytes are
  int64_t elements = 0;      ///< of the storage called `key`
  std::optional<View> view;  ///< the old form only: this storage is a part of that one
};

/// The type of a storage, or of a tensor's, where it is one that is not known: opaque.
std::optional<PickleValue> UnknownStorageType(const Pickle& pickle, const PickleValue& value);

/// Throws Error(kInput) where the tuple is not a storage's. `file` is what messages call the file.
TorchStorage ReadTorchStorage(const Pickle& pickle, const PickleValue& storage, const std::string& file);

/// A storage's bytes, wherever they come from.
struct StorageBytes {
  std::span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;
};

/// Makes tensors of what a pickle says of them. Contiguous ones point into their storage, which several may share; the
/// others are copied.
class TorchTensorReader {
 public:
  /// Finds a storage's bytes: as many as dtype and elements (of the view, where there is one) make.
  using Loader = std::function<StorageBytes(const TorchStorage&)>;

  /// `file_size` bounds the copies: a small file can describe any number of strided tensors over one storage.
  TorchTensorReader(const Pickle& pickle, Loader load, size_t file_size, const std::string& file)
      : pickle_(pickle), load_(std::move(load)), copies_left_(4 * file_size), file_(file) {}

  /// `name` is for messages. Throws Error(kInput) where sizes, strides and offset do not lie within the storage or
  /// contradict each other, Error(kUnsupported) for a tensor that repeats elements (expanded, stride 0), Error(kMemory)
  /// where the copies of a file exceed four times its size, and what `load` throws.
  StoredTensor Read(const PickleValue& tensor, const std::string& name);

 private:
  const Pickle& pickle_;
  Loader load_;
  size_t copies_left_;
  const std::string& file_;
};

}  // namespace fcn
