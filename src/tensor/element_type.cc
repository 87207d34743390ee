#include "tensor/element_type.h"

#include <cstddef>

namespace fcn {
namespace {

struct Row {
  std::string_view name;
  int64_t size;
};
// In the order of ElementType.
constexpr Row kRows[] = {{"float32", 4}, {"bfloat16", 2}, {"int8", 1},  {"uint8", 1},
                         {"int32", 4},   {"uint16", 2},   {"uint64", 8}};

}  // namespace

std::string_view ElementName(ElementType type) { return kRows[static_cast<size_t>(type)].name; }
int64_t ElementSize(ElementType type) { return kRows[static_cast<size_t>(type)].size; }

std::optional<ElementType> ElementTypeNamed(std::string_view name) {
  for (const ElementType type : kElementTypes)
    if (ElementName(type) == name) return type;
  return std::nullopt;
}

}  // namespace fcn
