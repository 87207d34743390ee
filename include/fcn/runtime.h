#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fcn/export.h"
#include "fcn/function_ref.h"

namespace fcn {

/// Something that happened inside and that whoever runs a service wants to know.
struct FCN_API LogEntry {
  enum class Level { kInfo, kWarning } level = Level::kInfo;
  std::string message;  ///< one sentence of plain text, fit to be printed
};

/// What computations run on, and how. Results do not depend on the number of threads.
struct FCN_API RuntimeOptions {
  int threads = 0;  ///< 0: the cores that the affinity mask and the cgroup allow; at most 1024
  /// One of InstructionSets(); empty: the best here, unless FCN_ISA in the environment names another.
  std::string isa = {};
  bool winograd = true;      ///< false: every product is summed directly (slower, errors of plain float32)
  bool image_window = true;  ///< false: what a network's padding alone decides is computed for every picture (slower)
  /// Bytes that may be planned at once, for all models of the runtime together. 0: no such limit. With one or without,
  /// no more is planned than is available at that moment (swap does not count).
  int64_t max_memory = 0;
  /// Is told what happens, such as a program compiled for a new size. Called on any thread, also on several at once; it
  /// may not throw. Empty: nobody is.
  std::function<void(const LogEntry&)> log = {};
};

/// Threads, an instruction set and an allowance of memory, which any number of models, trainings and evaluations share.
/// A handle: copies are the same runtime, which ends with the last of them. Thread-safe.
class FCN_API Runtime {
 public:
  /// Throws Error(kUsage) for a number of threads or an instruction set that does not exist or is not here.
  explicit Runtime(const RuntimeOptions& options = {});

  int threads() const;
  /// The instruction set that computations use, by name.
  std::string isa() const;
  const RuntimeOptions& options() const;

  /// Runs body(task) once for each task below `count`, in any order, on all threads. An exception of a body is rethrown
  /// here, and tasks that had not begun may then never run. A body may call Parallel again.
  void Parallel(int64_t count, FunctionRef<void(int64_t task)> body) const;

  /// Makes all that runs on it, now or later, throw Error(kCancelled); safe in a signal handler.
  void Cancel() const noexcept;
  bool is_cancelled() const noexcept;

 private:
  friend struct RuntimeAccess;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// The instruction sets that this machine has and this build can use, the best last: of "portable", "sse4", "avx2",
/// "avx512", "avx512-vnni", "avx512-bf16", "amx", "neon".
FCN_API std::vector<std::string> InstructionSets();

/// The cores that this process may use: the smaller of its affinity mask and its cgroup's CPU quota, at least 1.
FCN_API int AvailableCores();

/// Something that limits the memory of this process.
struct FCN_API MemoryBound {
  std::string of;         ///< "this machine", "the cgroup", "ulimit -v", "ulimit -d", "the commit limit"
  int64_t limit = 0;      ///< bytes, in use or not
  int64_t available = 0;  ///< bytes that can be taken now, beside all that is in use
  std::string remedy;     ///< what gives more
};

/// The bound that leaves the least.
FCN_API MemoryBound TightestMemoryBound();

/// Gives back to the system what has been freed: the allocator keeps it otherwise.
FCN_API void ReturnFreedMemory();

}  // namespace fcn
