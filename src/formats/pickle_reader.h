#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fcn {

/// The largest pickle that is read: a state dict takes about 150 bytes per tensor.
inline constexpr size_t kMaxPickle = size_t{32} << 20;

/// Takes a pickle's bytes apart from front to back, never past their end.
class PickleReader {
 public:
  /// `file`, which must outlive the reader, is what messages call the file.
  PickleReader(std::span<const uint8_t> bytes, const std::string& file);

  size_t position() const { return position_; }
  std::span<const uint8_t> bytes() const { return bytes_; }
  const std::string& file() const { return file_; }

  /// The next byte, the next `count` characters, the next unsigned little-endian number of `width` bytes (8 at most),
  /// the characters up to the next newline, which is skipped. Throw Error(kInput) where the pickle ends before.
  uint8_t Byte() { return Take(1)[0]; }
  std::string_view Characters(uint64_t count);
  uint64_t Unsigned(size_t width);
  std::string_view Line();

  /// The number that `text` spells. Throws Error(kInput) where it spells none, or one that Number does not hold unless
  /// `out_of_range` is there to say so.
  template <typename Number>
  Number Decimal(std::string_view text, bool* out_of_range = nullptr) const {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (out_of_range != nullptr && error == std::errc::result_out_of_range) {
      *out_of_range = true;
    } else if (error != std::errc() || end != text.data() + text.size()) {
      Malformed("a line is not the number that it should be");
    }
    return number;
  }

  /// Throws Error(kInput) naming the file, the position and `what`.
  [[noreturn]] void Malformed(std::string_view what) const;

 private:
  std::span<const uint8_t> Take(uint64_t count);

  std::span<const uint8_t> bytes_;
  bool too_large_;
  const std::string& file_;
  size_t position_ = 0;
};

}  // namespace fcn
