#include "image/decoder_threads.h"

#include <fmt/format.h>

#include <atomic>
#include <new>

#include "base/context.h"
#include "base/thread.h"
#include "fcn/error.h"

namespace fcn {
namespace {

// Threads are the process's, so this is, too.
std::shared_mutex decoding;
std::atomic<int> decoders{0};

/// What the decoders of one picture take for each of its pixels, beside their threads: some planes of 16 bits.
constexpr int64_t kBytesPerPixel = 16;
/// libheif decodes four tiles at once, each with a thread of the decoder's own; AV1's take one for each core.
constexpr int kTileThreads = 8;

}  // namespace

DecoderThreads::DecoderThreads(const std::string& file, int64_t pixels, Company company) {
  const auto bytes = static_cast<size_t>(pixels * kBytesPerPixel);
  const int least = AvailableCores() + 1, most = AvailableCores() + kTileThreads;
  if (company == Company::kIfPossible) {
    beside_others_ = std::shared_lock(decoding);
    const int at_once = ++decoders;
    try {
      if (CountThreadsToSpare(most * at_once, bytes * static_cast<size_t>(at_once)) == most * at_once) return;
    } catch (const std::bad_alloc&) {
      // As where threads are refused.
    }
    decoders--;
    beside_others_.unlock();
  }
  alone_ = std::unique_lock(decoding);
  const int count = CountThreadsToSpare(least, bytes);
  if (count < least)
    throw Error(ErrorCode::kMemory,
                fmt::format("{} needs {} threads and {} MB to be decoded, and the system gives {} threads", file, least,
                            bytes / 1'000'000, count),
                "Raise ulimit -v, ulimit -u or the cgroup's pids.max, or save the picture as a PNG or JPEG.");
}

DecoderThreads::~DecoderThreads() {
  if (beside_others_.owns_lock()) decoders--;
}

}  // namespace fcn
