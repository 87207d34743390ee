#include "cli/lanes.h"

#include <algorithm>
#include <cstdint>

#include "fcn/picture_files.h"
#include "fcn/runtime.h"

namespace fcn::cli {

Lanes::Lanes(size_t pictures, int threads)
    : count_(pictures < 2 * static_cast<size_t>(threads) ? 1 : threads),
      decoded_(TightestMemoryBound().available / 8) {}

std::vector<Raster> Lanes::Read(const InputPicture& picture, const std::vector<InputInfo>& inputs,
                                ReadImageOptions reading, std::vector<ImageNote>& notes,
                                std::optional<MemoryGate::Pass>& room) {
  int64_t bytes_of_pixel = 8;  // of what codecs keep, decoded colours and results
  for (size_t i = 1; i < inputs.size(); i++) bytes_of_pixel += int64_t{4} * std::max(1, inputs[i].bands);
  if (count_ > 1)
    reading.on_size = [&](int64_t width, int64_t height) {
      room.reset();
      room.emplace(decoded_, bytes_of_pixel * width * height);
    };
  std::vector<Raster> pictures = {picture.Read(inputs[0], reading, &notes)};
  reading.on_size = {};
  for (size_t i = 1; i < inputs.size(); i++)
    pictures.push_back(ReadInput(picture.others[i - 1], inputs[i], InputOptions(reading, i), &notes));
  return pictures;
}

}  // namespace fcn::cli
