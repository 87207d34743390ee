#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tensor/dtype.h"

namespace fcn {

/// One value out of a pickle. It owns nothing: text points into the pickle's bytes, containers are numbers of lists in
/// Pickle::containers. So cycles and any depth of nesting are harmless, to destroy as to build.
struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInt,
    kLong,  ///< an integer beyond 64 bits: text holds its bytes, two's complement, little-endian
    kFloat,
    kString,
    kBytes,
    kTuple,
    kList,
    kSet,
    kDict,         ///< the container holds key, value, key, value, …
    kStorageType,  ///< the class torch.FloatStorage and its like
    kStorage,      ///< a persistent id; the container is the tuple ("storage", type, key, location, elements[, view])
    kTensor,       ///< the container is the tuple of arguments of torch._utils._rebuild_tensor[_v2]
    kCallable,     ///< one of the functions that the unpickler knows
    kIgnored,      ///< something harmless that no reader needs: a device, a dtype
    kOpaque,       ///< a class or function that is not known, or what it would make: a number in Pickle::globals
  };

  Kind kind = Kind::kNone;
  uint32_t text_size = 0;
  union {
    bool boolean;
    int64_t integer = 0;
    double real;
    size_t container;
    size_t global;
    DType storage_type;
    const char* text_data;
  };

  static PickleValue Integer(int64_t integer) {
    PickleValue value;
    value.kind = Kind::kInt;
    value.integer = integer;
    return value;
  }
  static PickleValue Boolean(bool boolean) {
    PickleValue value;
    value.kind = Kind::kBool;
    value.boolean = boolean;
    return value;
  }
  static PickleValue Real(double real) {
    PickleValue value;
    value.kind = Kind::kFloat;
    value.real = real;
    return value;
  }
  static PickleValue Text(Kind kind, std::string_view text) {
    PickleValue value;
    value.kind = kind;
    value.text_data = text.data();
    value.text_size = static_cast<uint32_t>(text.size());
    return value;
  }
  static PickleValue Container(Kind kind, size_t container) {
    PickleValue value;
    value.kind = kind;
    value.container = container;
    return value;
  }
  static PickleValue Opaque(size_t global) {
    PickleValue value;
    value.kind = Kind::kOpaque;
    value.global = global;
    return value;
  }
  static PickleValue Ignored() {
    PickleValue value;
    value.kind = Kind::kIgnored;
    return value;
  }

  bool Is(Kind k) const { return kind == k; }
  bool IsSequence() const { return Is(Kind::kList) || Is(Kind::kTuple) || Is(Kind::kSet); }
  std::string_view text() const { return {text_data, text_size}; }
};

}  // namespace fcn
