#include "fcn/upper_bound.h"

#include "evaluate/upper_bound.h"
#include "library/runtime_access.h"

namespace fcn {

std::vector<UpperBound> UpperBounds(const Dataset& dataset, std::span<const int> strides, const Runtime& runtime,
                                    FunctionRef<void(size_t done, size_t total)> progress) {
  return UpperBounds(dataset, strides, RuntimeAccess::ContextOf(runtime), progress);
}

}  // namespace fcn
