#pragma once

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>

namespace fcn {

/// Leave for a decoder that starts threads of its own, held while it works: libheif has some for tiles, AV1's decoder
/// one for each core, and neither goes on with fewer. What they may start is started beforehand, and ends again. Where
/// the system has too few to spare for all that decode at once, they decode one after the other.
class DecoderThreads {
 public:
  enum class Company { kIfPossible, kNone };

  /// `pixels` are the picture's, for the memory beside the threads. Waits for others where it must. Throws
  /// Error(kMemory) that names the file, with the figure, where there are too few threads for one decoder alone.
  DecoderThreads(const std::string& file, int64_t pixels, Company company = Company::kIfPossible);
  ~DecoderThreads();
  DecoderThreads(const DecoderThreads&) = delete;
  DecoderThreads& operator=(const DecoderThreads&) = delete;

  /// Whether parts of the picture may be decoded side by side; otherwise as few threads as possible are to be used.
  bool side_by_side() const { return beside_others_.owns_lock(); }

 private:
  std::shared_lock<std::shared_mutex> beside_others_;
  std::unique_lock<std::shared_mutex> alone_;
};

}  // namespace fcn
