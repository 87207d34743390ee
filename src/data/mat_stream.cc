#include "data/mat_stream.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace fcn {
namespace {

class Plain : public MatStream {
 public:
  explicit Plain(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool Read(uint8_t* to, size_t count) override {
    if (count > bytes_.size()) return false;
    std::copy_n(bytes_.begin(), count, to);
    bytes_ = bytes_.subspan(count);
    return true;
  }

 private:
  std::span<const uint8_t> bytes_;
};

class Unpacked : public MatStream {
 public:
  explicit Unpacked(std::span<const uint8_t> packed) : packed_(packed) {
    if (inflateInit(&state_) != Z_OK) throw std::bad_alloc();
  }
  Unpacked(const Unpacked&) = delete;
  Unpacked& operator=(const Unpacked&) = delete;
  ~Unpacked() override { inflateEnd(&state_); }

  bool Read(uint8_t* to, size_t count) override {
    constexpr size_t kMost = std::numeric_limits<uInt>::max();  // zlib counts in 32 bits
    while (count > 0) {
      const size_t out = std::min(count, kMost), in = std::min(packed_.size(), kMost);
      state_.next_in = const_cast<Bytef*>(packed_.data());  // which zlib does not change
      state_.avail_in = static_cast<uInt>(in);
      state_.next_out = to;
      state_.avail_out = static_cast<uInt>(out);
      const int result = inflate(&state_, Z_NO_FLUSH);
      packed_ = packed_.subspan(in - state_.avail_in);
      const size_t written = out - state_.avail_out;
      to += written, count -= written;
      if (count > 0 && (result != Z_OK || (written == 0 && packed_.empty()))) return false;
    }
    return true;
  }

 private:
  std::span<const uint8_t> packed_;
  z_stream state_ = {};
};

}  // namespace

std::unique_ptr<MatStream> PlainStream(std::span<const uint8_t> bytes) { return std::make_unique<Plain>(bytes); }

std::unique_ptr<MatStream> UnpackedStream(std::span<const uint8_t> packed) {
  return std::make_unique<Unpacked>(packed);
}

}  // namespace fcn
