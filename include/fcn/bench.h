#pragma once

#include "base/isa.h"

namespace fcn::cli {

/// The most float32 operations a second that this many threads reach, in units of 10⁹: multiply-adds that never leave
/// the registers, the best of some tenth of a second.
double PeakGflops(Isa isa, int threads);

/// Bytes a second to and from memory, in units of 10⁹, in arrays that are several times as large as the last cache: the
/// best of some tenth of a second each.
struct Bandwidth {
  double read = 0;   ///< a sum
  double triad = 0;  ///< a + s · b into a third array; what is written is counted once
  double most() const { return read > triad ? read : triad; }
};
Bandwidth MemoryBandwidth(Isa isa, int threads);

}  // namespace fcn::cli
