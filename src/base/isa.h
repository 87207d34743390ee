#pragma once

#include <string>
#include <vector>

namespace fcn {

/// The instruction sets that kernels are compiled for. Which one runs is an explicit choice, resolved once when a
/// program is compiled, never a global that changes under a caller's feet.
enum class Isa { kPortable, kSse4, kAvx2, kAvx512, kNeon };

/// "portable", "sse4", "avx2", "avx512", "neon".
const char* IsaName(Isa isa);

/// What this machine runs and this build holds, from the slowest to the fastest.
const std::vector<Isa>& SupportedIsas();

/// The fastest of SupportedIsas(), unless the environment variable FCN_ISA names another. Throws Error(kUsage) where
/// FCN_ISA names one that this machine does not have.
Isa DefaultIsa();

/// The instruction set of that name. Throws Error(kUsage) for an unknown name or one that this machine does not have.
Isa ParseIsa(const std::string& name);

}  // namespace fcn
