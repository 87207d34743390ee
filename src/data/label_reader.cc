#include "data/label_reader.h"

#include <fmt/format.h>

#include <optional>

#include "data/mat_file.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/picture_files.h"
#include "fcn/png.h"
#include "image/first_bytes.h"

namespace fcn {
namespace {

bool IsRgb(const PngHeader& header) { return header.colour_type == 2 || header.colour_type == 6; }

bool IsGrey16(const PngHeader& header) { return header.colour_type == 0 && header.bit_depth == 16; }

}  // namespace

StoredLabels DecodeStoredLabels(std::span<const uint8_t> bytes, const std::string& name,
                                const ReadImageOptions& options) {
  ReadImageOptions exact;
  exact.max_pixels = options.max_pixels;
  exact.strict = exact.ignore_alpha = true;
  if (IsJpeg(bytes))
    throw Error(ErrorCode::kInput,
                fmt::format("{} is a JPEG, which does not keep labels: values change at every edge", name),
                "Make the labels anew as PNG from their source; converting this file does not bring them back.");
  if (IsMat(bytes)) return DecodeMat(bytes, name, exact);
  const std::optional<PngHeader> png = ReadPngHeader(bytes);
  if (!png && name.ends_with(".mat"))
    throw Error(ErrorCode::kInput,
                fmt::format("{} is no file of MATLAB's version 5{}", name, bytes.empty() ? ": it is empty" : ""),
                "Fetch it again from where it came, or save it anew with save -v7 (MATLAB, Octave), or its labels as a "
                "PNG.");
  const PngHeader header = png.value_or(PngHeader{});
  if (IsRgb(header)) {
    const Image image = DecodeImage(bytes.data(), bytes.size(), name, exact);
    StoredLabels stored{image.width, image.height, true, {}, {}};
    stored.values.reserve(image.rgb.size() / 3);
    for (size_t i = 0; i < image.rgb.size(); i += 3)
      stored.values.push_back(uint32_t{image.rgb[i]} << 16 | uint32_t{image.rgb[i + 1]} << 8 | image.rgb[i + 2]);
    return stored;
  }
  if (IsGrey16(header)) {
    const Grey16Image image = DecodeGrey16Png(bytes, name, exact);
    return {image.width, image.height, false, {image.values.begin(), image.values.end()}, {}};
  }
  IndexedImage image = DecodeIndexedPng(bytes, name, exact);
  return {image.width, image.height, false, {image.indices.begin(), image.indices.end()}, std::move(image.palette)};
}

std::string LabelCoding::MapFlag(std::string_view mapping) const {
  const std::string text = head.empty() ? std::string(mapping) : fmt::format("{}={}", head, mapping);
  return mapping.find('#') == mapping.npos ? "--map " + text : fmt::format("--map '{}'", text);
}

uint16_t LabelCoding::Meaning(uint32_t value, bool colours) const {
  if (!colours) return value < of_value.size() ? of_value[value] : kUnknownLabel;
  const auto found = of_colour.find(value);
  return found == of_colour.end() ? kUnknownLabel : found->second;
}

LabelMap Interpret(const StoredLabels& stored, const LabelCoding& coding, const std::string& name) {
  LabelMap map{stored.width, stored.height, {}};
  map.labels.reserve(stored.values.size());
  // Neighbours are mostly equal, so that few values are looked up.
  uint32_t last = stored.values.empty() ? 0 : stored.values[0];
  uint16_t meaning = coding.Meaning(last, stored.colours);
  for (uint32_t value : stored.values) {
    if (value != last) meaning = coding.Meaning(last = value, stored.colours);
    if (meaning == kUnknownLabel) {
      const size_t at = map.labels.size(), width = static_cast<size_t>(stored.width);
      throw Error(ErrorCode::kInput,
                  fmt::format("{} has {} at pixel ({}, {}), which is none of the {} classes", name,
                              ValueText(value, stored.colours), at % width, at / width, coding.classes),
                  GuessMistake(CountValues(stored), stored.colours, coding));
    }
    map.labels.push_back(meaning);
  }
  return map;
}

ValueCounts CountValues(const StoredLabels& stored) {
  constexpr size_t kMost = 65536;
  ValueCounts counts;
  // Runs of equal values are counted at once: labels have few borders.
  for (size_t i = 0, end = 0; i < stored.values.size(); i = end) {
    while (end < stored.values.size() && stored.values[end] == stored.values[i]) end++;
    const auto length = static_cast<int64_t>(end - i);
    if (const auto found = counts.find(stored.values[i]); found != counts.end()) {
      found->second += length;
    } else if (counts.size() < kMost) {
      counts.emplace(stored.values[i], length);
    }
  }
  return counts;
}

std::vector<uint8_t> ReadLabelFile(const std::filesystem::path& path, const ReadImageOptions& options) {
  return ReadFile(path, kMostBytes, kPictureStart, [&](std::span<const uint8_t> start) {
    if (!ReadPngHeader(start) && !IsMat(start))
      DecodeStoredLabels(start, path.string(), options);  // which says what it is
  });
}

LabelMap ReadLabels(const std::filesystem::path& path, const LabelCoding& coding, const ReadImageOptions& options) {
  return Interpret(DecodeStoredLabels(ReadLabelFile(path, options), path.string(), options), coding, path.string());
}

std::string ValueText(uint32_t value, bool colours) {
  if (!colours) return fmt::format("value {}", value);
  return fmt::format("colour {},{},{}", value >> 16, value >> 8 & 255, value & 255);
}

}  // namespace fcn
