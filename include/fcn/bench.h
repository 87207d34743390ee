#pragma once

#include <string>
#include <vector>

#include "fcn/export.h"
#include "fcn/runtime.h"

/// What a machine does at most, measured: figures beside which those of a network can be read.
namespace fcn {

/// Those of InstructionSets() for which this build has kernels of their own, the best last.
FCN_API std::vector<std::string> DistinctInstructionSets();

/// The most float32 operations a second that a runtime's threads reach with its instruction set, in units of 10⁹:
/// multiply-adds that never leave the registers, the best of some tenth of a second.
FCN_API double PeakGflops(const Runtime& runtime);

/// Bytes a second to and from memory, in units of 10⁹, in arrays that are several times as large as the last cache: the
/// best of some tenth of a second each.
struct FCN_API Bandwidth {
  double read = 0;   ///< a sum
  double triad = 0;  ///< a + s · b into a third array; what is written is counted once
  double most() const { return read > triad ? read : triad; }
};

/// Of a runtime's threads together. Takes up to 1.5 GB while it measures.
FCN_API Bandwidth MemoryBandwidth(const Runtime& runtime);

}  // namespace fcn
