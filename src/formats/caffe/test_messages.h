#pragma once

// Binary messages of Caffe's and what is read from files as text, for tests.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/caffe/net.h"

namespace fcn {

/// A number as protobuf writes it: seven bits a byte, the low ones first.
inline std::string CaffeVarint(uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
  return bytes + static_cast<char>(number);
}

inline std::string CaffeNumber(uint32_t field, int64_t value) {
  return CaffeVarint(uint64_t{field} << 3) + CaffeVarint(static_cast<uint64_t>(value));
}

/// A text, a message or packed numbers.
inline std::string CaffeBytes(uint32_t field, std::string_view content) {
  return CaffeVarint(uint64_t{field} << 3 | 2) + CaffeVarint(content.size()) + std::string(content);
}

/// The elements' bytes, little-endian.
template <typename Real>
std::string CaffeReals(const std::vector<Real>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Real)};
}

/// A BlobProto of today's form.
inline std::string CaffeBlob(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  std::string dims;
  for (const int64_t dim : shape) dims += CaffeVarint(static_cast<uint64_t>(dim));
  return CaffeBytes(5, CaffeReals(values)) + CaffeBytes(7, CaffeBytes(1, dims));
}

/// The older form: num, channels, height, width.
inline std::string CaffeOlderBlob(const std::vector<int64_t>& shape, const std::vector<float>& values) {
  std::string blob;
  for (uint32_t i = 0; i < shape.size(); i++) blob += CaffeNumber(i + 1, shape[i]);
  return blob + CaffeBytes(5, CaffeReals(values));
}

/// A layer of today's generation with blobs.
inline std::string CaffeBinaryLayer(std::string_view name, std::string_view type,
                                    const std::vector<std::string>& blobs) {
  std::string layer = CaffeBytes(1, name) + CaffeBytes(2, type);
  for (const std::string& blob : blobs) layer += CaffeBytes(7, blob);
  return CaffeBytes(100, layer);
}

/// A message as text, its fields in the order of their names, without lines: what is equal reads equal.
inline std::string TextOf(const CaffeMessage& message) {
  std::vector<std::string> fields;
  for (const CaffeField& field : message.fields()) {
    std::string text = field.name;
    for (const CaffeValue& value : field.values) {
      text += value.message.empty() ? ":" : "{";
      if (!value.text.empty()) text += value.text;
      if (value.message.empty() && value.text.empty()) text += std::to_string(value.number);
      for (const CaffeMessage& inner : value.message) text += TextOf(inner) + "}";
    }
    fields.push_back(text);
  }
  for (const CaffeUnknownField& field : message.unknown()) fields.push_back("?" + field.name);
  std::ranges::sort(fields);
  std::string text;
  for (const std::string& field : fields) text += field + " ";
  return text;
}

inline std::vector<std::string> TextsOf(const CaffeNet& net) {
  std::vector<std::string> layers;
  layers.reserve(net.layers.size());
  for (const CaffeLayer& layer : net.layers) layers.push_back(TextOf(layer.settings));
  return layers;
}

}  // namespace fcn
