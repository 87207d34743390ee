#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/dataset_check.h"
#include "fcn/image.h"
#include "models/class_name.h"

namespace fcn {

/// A label picture as its file has it: indices, or colours as 0xRRGGBB.
struct StoredLabels {
  int width = 0, height = 0;
  bool colours = false;
  std::vector<uint32_t> values;      ///< height × width
  std::vector<Colour> palette = {};  ///< that of a palette PNG
};

/// Indices of palette PNGs, whatever their palette; values of grey PNGs; both of 1 to 16 bits, unscaled; else the
/// colours of RGB and RGBA PNGs, whatever their transparency; of MATLAB's files as mat_file.h says. Labels are exact:
/// of `options`, max_pixels alone counts. Throws Error(kInput) for a JPEG, whose losses change labels, and for what is
/// neither; and as DecodeIndexedPng, DecodeImage and DecodeMat do.
StoredLabels DecodeStoredLabels(std::span<const uint8_t> bytes, const std::string& name,
                                const ReadImageOptions& options = {});

/// A stored value that means no class.
inline constexpr uint16_t kUnknownLabel = 65534;
static_assert(kMostClasses <= kUnknownLabel && kUnknownLabel < kIgnoredLabel);

/// What stored values mean: a class, kIgnoredLabel or kUnknownLabel.
struct LabelCoding {
  int classes = 0;
  std::vector<uint16_t> of_value;          ///< by index; those beyond its end are unknown
  std::map<uint32_t, uint16_t> of_colour;  ///< by 0xRRGGBB
  std::set<uint32_t> shared_colours;       ///< those of two classes, which mean neither
  // For messages.
  std::string head = {};                   ///< that maps have to name: any but the first
  std::string class_file = "classes.txt";  ///< where the classes' names and colours are, or would be

  /// "--map 255:1", "--map 'geometry=#800000:1'".
  std::string MapFlag(std::string_view mapping) const;
  uint16_t Meaning(uint32_t value, bool colours) const;
};

/// Throws Error(kInput) that names the file, the first pixel with an unknown value, that value, and a guess at the
/// mistake.
LabelMap Interpret(const StoredLabels& stored, const LabelCoding& coding, const std::string& name);

/// The bytes of a file of labels. What its first bytes show to be none is refused before more is read, as
/// DecodeStoredLabels does; throws as ReadFile does.
std::vector<uint8_t> ReadLabelFile(const std::filesystem::path& path, const ReadImageOptions& options = {});

/// All three, of a file. Throws Error(kIo) where it cannot be read.
LabelMap ReadLabels(const std::filesystem::path& path, const LabelCoding& coding, const ReadImageOptions& options = {});

/// Counts the values of a picture: the first 65536 different ones, which is all for indices, and enough of a photograph
/// that was taken for labels.
ValueCounts CountValues(const StoredLabels& stored);

/// What was probably done wrong where labels have values without a meaning, as a sentence with the remedy: a binary
/// mask of 0 and 255, classes spread over the greys, classes that count from 1, colours, losses. `counts` are the
/// values of a picture or of many.
std::string GuessMistake(const ValueCounts& counts, bool colours, const LabelCoding& coding);

}  // namespace fcn
