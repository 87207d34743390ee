#include "formats/pickle_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/remedies.h"
#include "fcn/error.h"

namespace fcn {

PickleReader::PickleReader(std::span<const uint8_t> bytes, const std::string& file)
    : bytes_(bytes.first(std::min(bytes.size(), kMaxPickle))), too_large_(bytes.size() > kMaxPickle), file_(file) {}

std::span<const uint8_t> PickleReader::Take(uint64_t count) {
  const size_t left = bytes_.size() - position_;
  if (count > left) {
    if (too_large_)
      throw Error(ErrorCode::kInput, fmt::format("{}: the pickle has more than {} bytes", file_, kMaxPickle),
                  "Save the state_dict alone: torch.save(model.state_dict(), path).");
    Malformed(fmt::format("{} bytes are wanted and {} are left", count, left));
  }
  const auto taken = bytes_.subspan(position_, static_cast<size_t>(count));
  position_ += taken.size();
  return taken;
}

std::string_view PickleReader::Characters(uint64_t count) {
  const auto taken = Take(count);
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

uint64_t PickleReader::Unsigned(size_t width) {
  uint64_t value = 0;
  const auto taken = Take(width);
  for (size_t i = 0; i < width; i++) value |= uint64_t{taken[i]} << (8 * i);
  return value;
}

std::string_view PickleReader::Line() {
  const auto rest = bytes_.subspan(position_);
  const auto end = static_cast<size_t>(std::ranges::find(rest, '\n') - rest.begin());
  return Characters(uint64_t{end} + 1).substr(0, end);
}

void PickleReader::Malformed(std::string_view what) const {
  throw Error(ErrorCode::kInput,
              fmt::format("{}: the pickle is malformed near its byte {}: {}", file_, position_, what),
              GetAgain("file of torch.save"));
}

}  // namespace fcn
