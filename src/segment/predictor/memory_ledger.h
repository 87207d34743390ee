#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "segment/predictor/line.h"

namespace fcn {

class ProgramCache;

/// What the caches that share an allowance of memory, one for each model of a Runtime, have planned together, and who
/// waits for room. All of it, and what the caches keep, is used under its mutex.
struct MemoryLedger {
  std::mutex mutex;
  std::condition_variable changed;
  Line line{changed};                  // those who wait for memory
  std::vector<ProgramCache*> caches;   // in the order in which they were made
  int admitted = 0;                    // requests that compile or run
  int64_t planned = 0, untouched = 0;  // of all of them
  int64_t changes = 0;                 // of these figures, so far
  int64_t uses = 0;                    // of programs, so far
};

}  // namespace fcn
