#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fcn {

/// A field of a protocol buffer's outermost message.
struct ProtobufField {
  uint32_t number = 0;
  bool is_bytes = false;  ///< else a number
  uint64_t value = 0;
  std::string_view text;  ///< may be cut short by the end of the buffer
};

/// The first few fields (64 at most), up to the first that is malformed; none where the first one is. For telling what
/// a file is, not for reading it.
std::vector<ProtobufField> ReadProtobufFields(std::span<const uint8_t> bytes);

/// Whether a text has at least one character and no control characters.
bool IsPrintable(std::string_view text);

}  // namespace fcn
