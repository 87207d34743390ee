#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fcn/export.h"
#include "fcn/model.h"
#include "fcn/network.h"
#include "fcn/profile.h"
#include "fcn/runtime.h"

/// How long a network takes, and what the machine does at most, beside which that can be read.
namespace fcn {

class TimedWork;

/// What a TimedNetwork computes.
struct FCN_API TimingOptions {
  enum class Work {
    kScores,   ///< of all heads
    kLabels,   ///< of the first head, which need no scores at the picture's size
    kTraining  ///< loss, gradients of all parameters, SGD with momentum; batch norm with the batch's statistics
  } work = Work::kScores;
  int64_t width = 0, height = 0;  ///< of the pictures; 0: those that a classifier crops to, else 500
  int64_t pictures = 1;           ///< at once
};

/// A network that is ready to run, from random pictures in memory to its outputs or to updated weights. Its first run
/// takes longer: it touches the memory. One thread at a time.
class FCN_API TimedNetwork {
 public:
  /// Compiles it. Throws Error(kUsage) for sizes that are none, and for the training of a classifier; Error(kInput) for
  /// pictures that are too small for the network; Error(kMemory) for more than the runtime allows; Error(kCancelled).
  TimedNetwork(const Model& model, const TimingOptions& options, const Runtime& runtime);
  /// With random weights. Throws Error(kInput) as well, as Model::Make does for a weight that is missing.
  TimedNetwork(const Network& network, const TimingOptions& options, const Runtime& runtime);
  ~TimedNetwork();
  TimedNetwork(TimedNetwork&&) noexcept;
  TimedNetwork& operator=(TimedNetwork&&) noexcept;

  double compile_ms() const;      ///< milliseconds that compiling took; but for training, packing of weights included
  double multiply_adds() const;   ///< of a run, computed directly
  int64_t planned_bytes() const;  ///< at the largest moment

  /// Runs once. Milliseconds that it took; those of each step are added to the profile, where there is one. Throws
  /// Error(kInput) where a step of training leaves the numbers of float32, Error(kMemory), Error(kCancelled).
  double Run(Profile* profile = nullptr);

  /// Milliseconds of compiling for another size, once weights are packed: the median for some larger pictures. None for
  /// a network that takes pictures of one size only, and for training. Gives back the memory of runs first.
  std::optional<double> NewSizeMilliseconds();

 private:
  std::unique_ptr<TimedWork> work_;
};

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
