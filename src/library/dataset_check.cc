#include "fcn/dataset_check.h"

#include "data/check.h"
#include "library/runtime_access.h"

namespace fcn {

DatasetReport CheckDataset(const DatasetOptions& options, const Runtime& runtime,
                           FunctionRef<void(size_t done, size_t total)> progress) {
  return CheckDataset(options, RuntimeAccess::ContextOf(runtime), progress);
}

}  // namespace fcn
