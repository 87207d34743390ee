#include "cli/lanes.h"

#include <cstdint>

#include "base/machine.h"

namespace fcn::cli {

Lanes::Lanes(size_t pictures, int threads)
    : count_(pictures < 2 * static_cast<size_t>(threads) ? 1 : threads),
      decoded_(TightestMemoryBound().available / 8) {}

Image Lanes::Read(const InputPicture& picture, ReadImageOptions reading, std::vector<ImageNote>& notes,
                  std::optional<MemoryGate::Pass>& room) {
  constexpr int64_t kBytesOfPixel = 8;  // of what codecs keep, decoded colours and results
  if (count_ > 1)
    reading.on_size = [&](int64_t width, int64_t height) {
      room.reset();
      room.emplace(decoded_, kBytesOfPixel * width * height);
    };
  return picture.Read(reading, &notes);
}

}  // namespace fcn::cli
