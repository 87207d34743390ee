#include "formats/pickle_globals.h"

#include <algorithm>

namespace fcn {
namespace {

struct Function {
  std::string_view module, name;
  PickleFunction function;
};
constexpr Function kFunctions[] = {
    {"collections", "OrderedDict", PickleFunction::kDict},
    {"collections", "Counter", PickleFunction::kDict},
    {"collections", "defaultdict", PickleFunction::kDefaultDict},
    {"torch._utils", "_rebuild_tensor", PickleFunction::kTensor},
    {"torch._utils", "_rebuild_tensor_v2", PickleFunction::kTensor},
    {"torch._utils", "_rebuild_parameter", PickleFunction::kParameter},
    {"torch._utils", "_rebuild_parameter_with_state", PickleFunction::kParameter},
    {"torch._tensor", "_rebuild_from_type_v2", PickleFunction::kFromType},
    {"torch", "Size", PickleFunction::kSize},
    {"torch", "device", PickleFunction::kIgnored},
    {"builtins", "set", PickleFunction::kSet},
    {"builtins", "frozenset", PickleFunction::kSet},
    {"__builtin__", "set", PickleFunction::kSet},
    {"__builtin__", "frozenset", PickleFunction::kSet},
    {"_codecs", "encode", PickleFunction::kIgnored},  // how Python 3 writes bytes in protocol 2
};

struct StorageType {
  std::string_view name;
  DType dtype;
};
constexpr StorageType kStorageTypes[] = {
    {"DoubleStorage", DType::kFloat64},    {"FloatStorage", DType::kFloat32}, {"HalfStorage", DType::kFloat16},
    {"BFloat16Storage", DType::kBFloat16}, {"LongStorage", DType::kInt64},    {"IntStorage", DType::kInt32},
    {"ShortStorage", DType::kInt16},       {"CharStorage", DType::kInt8},     {"ByteStorage", DType::kUint8},
    {"BoolStorage", DType::kBool},
};

/// A dtype written as a value ("amp_dtype": torch.float16): harmless, and of no use here.
constexpr std::string_view kDTypes[] = {"float64", "float32", "float16", "bfloat16", "int64",
                                        "int32",   "int16",   "int8",    "uint8",    "bool"};

}  // namespace

std::optional<PickleValue> ResolvePickleGlobal(std::string_view module, std::string_view name) {
  PickleValue value;
  for (const Function& row : kFunctions) {
    if (row.module != module || row.name != name) continue;
    value.kind = PickleValue::Kind::kCallable;
    value.integer = static_cast<int64_t>(row.function);
    return value;
  }
  if (module != "torch" && module != "torch.cuda") return std::nullopt;
  for (const StorageType& row : kStorageTypes) {
    if (row.name != name) continue;
    value.kind = PickleValue::Kind::kStorageType;
    value.storage_type = row.dtype;
    return value;
  }
  if (std::ranges::find(kDTypes, name) == std::end(kDTypes)) return std::nullopt;
  return PickleValue::Ignored();
}

}  // namespace fcn
