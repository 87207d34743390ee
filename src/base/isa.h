#pragma once

#include <string>
#include <vector>

#include "base/cpu_features.h"

namespace fcn {

/// Named sets of features, from the smallest to the largest of each kind of processor: what a user asks for and
/// a program is compiled for. Which one it is, is an explicit choice, resolved once when a program is compiled, never
/// a global that changes under a caller's feet. A kernel runs where the set has the features that it needs.
enum class Isa { kPortable, kSse4, kAvx2, kAvx512, kAvx512Vnni, kAvx512Bf16, kAmx, kNeon };

/// "portable", "sse4", "avx2", "avx512", "avx512-vnni", "avx512-bf16", "amx", "neon".
const char* IsaName(Isa isa);

CpuFeatures FeaturesOf(Isa isa);

/// The sets whose features this machine has and for which this build has kernels, if only smaller ones; from the
/// smallest to the largest.
const std::vector<Isa>& AvailableIsas();

/// Those of AvailableIsas() for which this build has kernels that the smaller ones cannot run: what tests sweep.
const std::vector<Isa>& SupportedIsas();

/// The last of SupportedIsas(), unless the environment variable FCN_ISA names another. Throws Error(kUsage) where
/// FCN_ISA names one that this machine does not have.
Isa DefaultIsa();

/// The instruction set of that name. Throws Error(kUsage) for an unknown name or one that this machine does not have.
Isa ParseIsa(const std::string& name);

}  // namespace fcn
