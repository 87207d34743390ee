#include "runtime/weight_source.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "fcn/error.h"
#include "tensor/finite_tensor.h"
#include "tensor/mapped_tensors.h"

namespace fcn {
namespace {

const WholeFile* MappedFileOf(const StoredTensor& tensor) {
  return tensor.mapped ? static_cast<const WholeFile*>(tensor.owner.get()) : nullptr;
}

/// Keeps a mapped tensor alive, and lets the kernel drop its pages as soon as nobody reads them: what is packed is not
/// needed twice.
struct MappedOwner {
  StoredTensor tensor;
  void operator()(const void*) const { ReleasePages(tensor.bytes); }
};

std::shared_ptr<const void> OwnerOf(const StoredTensor& tensor) {
  if (!tensor.mapped) return tensor.owner;
  return {static_cast<const void*>(tensor.bytes.data()), MappedOwner{tensor}};
}

ParameterData DataOf(const StoredTensor& tensor) {
  std::shared_ptr<const void> owner = OwnerOf(tensor);
  const bool in_place =
      tensor.dtype == DType::kFloat32 && reinterpret_cast<uintptr_t>(tensor.bytes.data()) % alignof(float) == 0;
  if (in_place)
    return {{reinterpret_cast<const float*>(tensor.bytes.data()), tensor.bytes.size() / sizeof(float)},
            std::move(owner)};
  auto copy = std::make_shared<const std::vector<float>>(tensor.ToFloats());
  const std::span<const float> values(*copy);
  return {values, std::move(copy)};
}

}  // namespace

WeightSource SourceOf(NamedTensors tensors) {
  return [held = std::make_shared<const NamedTensors>(std::move(tensors))](const Value& parameter) {
    const auto found = held->find(parameter.name);
    if (found == held->end())
      throw Error(ErrorCode::kInput, fmt::format("the weights have no parameter {}", parameter.name),
                  "These weights belong to another network: check --model.");
    const StoredTensor& tensor = found->second;
    ParameterData data = DataOf(tensor);
    CheckUnchanged(tensor);
    // What is in memory was checked when it was read, or comes from a training. What is mapped is checked each time
    // that it is read: mostly that is here for the first time, and where it is not (fcn import and verify, another form
    // of the same layer) its pages may be other bytes by now, which their file's times need not tell.
    if (const WholeFile* file = MappedFileOf(tensor)) CheckFinite(parameter.name, tensor, file->path().string());
    return data;
  };
}

WeightSource SourceOf(std::function<StoredTensor(const Value&)> generate) {
  return [generate = std::move(generate)](const Value& parameter) { return DataOf(generate(parameter)); };
}

const WholeFile* MappedFileOf(const ParameterData& parameter) {
  const auto* mapped = std::get_deleter<MappedOwner>(parameter.owner);
  return mapped == nullptr ? nullptr : MappedFileOf(mapped->tensor);
}

}  // namespace fcn
