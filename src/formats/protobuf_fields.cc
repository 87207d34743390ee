#include "formats/protobuf_fields.h"

#include <algorithm>
#include <optional>

namespace fcn {
namespace {

constexpr size_t kMostFields = 64;

/// Takes a number of seven bits a byte, the low ones first.
std::optional<uint64_t> TakeVarint(std::span<const uint8_t>& rest) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest.empty(); shift += 7) {
    const uint8_t byte = rest.front();
    rest = rest.subspan(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

std::vector<ProtobufField> ReadProtobufFields(std::span<const uint8_t> bytes) {
  std::vector<ProtobufField> fields;
  std::span<const uint8_t> rest = bytes;
  while (fields.size() < kMostFields && !rest.empty()) {
    const auto tag = TakeVarint(rest);
    if (!tag || *tag >> 3 == 0 || *tag >> 3 > (uint64_t{1} << 29)) break;
    ProtobufField field{.number = static_cast<uint32_t>(*tag >> 3), .text = {}};
    size_t skipped = 0;
    switch (*tag & 7) {
      case 0:
        if (const auto value = TakeVarint(rest)) {
          field.value = *value;
          break;
        }
        return fields;
      case 1:
        skipped = 8;
        break;
      case 2: {
        const auto length = TakeVarint(rest);
        if (!length || *length > bytes.size()) return fields;
        field.is_bytes = true;
        skipped = static_cast<size_t>(std::min<uint64_t>(*length, rest.size()));
        field.text = {reinterpret_cast<const char*>(rest.data()), skipped};
        break;
      }
      case 5:
        skipped = 4;
        break;
      default:
        return fields;
    }
    if (skipped > rest.size()) return fields;
    rest = rest.subspan(skipped);
    fields.push_back(field);
  }
  return fields;
}

bool IsPrintable(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f;
  });
}

}  // namespace fcn
