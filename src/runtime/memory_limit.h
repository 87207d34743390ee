#pragma once

#include <cstdint>
#include <string>

#include "base/machine.h"

namespace fcn {

/// What plans may take at this moment: no more than was asked for, and no more than is available beside all that is in
/// use. Of the latter a twentieth stays free, for what no plan counts: pictures that are decoded and written, stacks,
/// and what other programs take meanwhile. Only whether something runs depends on it, never what comes out.
class MemoryLimit {
 public:
  /// `asked` are the bytes that the user allows, 0 for no such limit. `held` are bytes that will be planned for though
  /// this process has them already, less those that it will need beside the plan.
  explicit MemoryLimit(int64_t asked = 0, int64_t held = 0, const MemoryBound& bound = TightestMemoryBound());

  /// What was asked for alone, for what takes too little to look what is available: that takes a fraction of a
  /// millisecond.
  static MemoryLimit OfAsked(int64_t asked);

  int64_t bytes() const;
  /// The bound that `planned` bytes, more than bytes(), are beyond, as a message says it, and what gives more.
  std::string BoundText(int64_t planned) const;
  std::string Remedy(int64_t planned) const;
  /// Throws Error(kMemory) with the figures where `planned` bytes are more. `smaller` says what would need less.
  void Check(int64_t planned, const std::string& smaller) const;

 private:
  int64_t asked_, spare_;
  MemoryBound bound_;
};

/// MemoryLimit(limit).Check, for what is planned before anything is held.
void CheckMemory(int64_t planned, int64_t limit, const std::string& smaller = "a smaller image or batch");

}  // namespace fcn
