#pragma once

// What every fuzz target shares. NAME.cc is one target, whose function is FUZZ_TARGET(NAME). Built with
// FCN_BUILD_FUZZERS it is a libFuzzer program of its own; in the test of the kept corpora (replay.cc) all targets are
// one program.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fcn/error.h"

namespace fcn::fuzz {

using Target = int (*)(const uint8_t* data, size_t size);
/// Adds a target to those that are replayed.
bool Register(const char* name, Target target);

/// What must hold for any input; where it does not, the target has found something.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: this does not hold: %s\n", what);
  std::abort();
}

/// Runs the body, and says whether it came to its end. An Error is an answer as well, unless it says that it is our
/// mistake. Any other exception is a finding.
template <typename Body>
bool Accepts(Body body) {
  try {
    body();
    return true;
  } catch (const Error& error) {
    Require(error.code() != ErrorCode::kInternal, error.what());
    Require(!error.hint().empty(), "every refusal has a remedy");
    return false;
  }
}

inline std::string_view Text(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

}  // namespace fcn::fuzz

#ifdef FCN_FUZZ_REPLAY
#define FUZZ_TARGET(name)                                                        \
  static int Fuzz_##name(const uint8_t* data, size_t size);                      \
  static const bool registered_##name = fcn::fuzz::Register(#name, Fuzz_##name); \
  static int Fuzz_##name([[maybe_unused]] const uint8_t* data, [[maybe_unused]] size_t size)
#else
#define FUZZ_TARGET(name) extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
#endif

/// libFuzzer's own mutation, for mutators of formats.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
