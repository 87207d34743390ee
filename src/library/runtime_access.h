#pragma once

#include "base/context.h"
#include "fcn/runtime.h"
#include "runtime/plan.h"
#include "segment/predictor/program_cache.h"

namespace fcn {

/// What stands behind a Runtime, for the library's own handles. Both last as long as a copy of the handle.
struct RuntimeAccess {
  static const Context& ContextOf(const Runtime& runtime);
  static CompileOptions CompileOptionsOf(const Runtime& runtime);
  /// For each Predictor that runs on it: they share its allowance of memory.
  static ProgramCache::Shared SharedOf(const Runtime& runtime);
};

}  // namespace fcn
