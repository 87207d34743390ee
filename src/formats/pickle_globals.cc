#include "formats/pickle_globals.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/quoted.h"
#include "fcn/error.h"

namespace fcn {
namespace {

struct Function {
  std::string_view module, name;
  PickleFunction function;
};
constexpr Function kFunctions[] = {
    {"collections", "OrderedDict", PickleFunction::kOrderedDict},
    {"torch._utils", "_rebuild_tensor", PickleFunction::kTensor},
    {"torch._utils", "_rebuild_tensor_v2", PickleFunction::kTensor},
    {"torch._utils", "_rebuild_parameter", PickleFunction::kParameter},
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

/// Every pickled nn.Module carries these attributes, and nothing else is likely to.
bool IsWholeModule(std::span<const uint8_t> pickle) {
  const std::string_view text(reinterpret_cast<const char*>(pickle.data()), pickle.size());
  return text.find("_parameters") != text.npos && text.find("_modules") != text.npos;
}

}  // namespace

PickleValue ResolvePickleGlobal(std::string_view module, std::string_view name, std::span<const uint8_t> pickle,
                                const std::string& file) {
  PickleValue value;
  for (const Function& row : kFunctions) {
    if (row.module != module || row.name != name) continue;
    value.kind = PickleValue::Kind::kCallable;
    value.integer = static_cast<int64_t>(row.function);
    return value;
  }
  if (module == "torch" || module == "torch.cuda") {
    for (const StorageType& row : kStorageTypes) {
      if (row.name != name) continue;
      value.kind = PickleValue::Kind::kStorageType;
      value.storage_type = row.dtype;
      return value;
    }
    if (std::ranges::find(kDTypes, name) != std::end(kDTypes)) {
      value.kind = PickleValue::Kind::kIgnored;
      return value;
    }
  }

  const std::string global = Quoted(std::string(module) + "." + std::string(name));
  if (IsWholeModule(pickle))
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: holds a pickled whole module ({}), that is Python code by name, not just weights",
                            file, global),
                "Load it in Python where its class is defined and save the state_dict: "
                "torch.save(model.state_dict(), path).");
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("{}: the pickle asks for {}, which is neither a plain tensor nor a plain container; nothing was run",
                  file, global),
      "Save float tensors and nothing else: torch.save(model.state_dict(), path).");
}

}  // namespace fcn
