#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fcn/image.h"
#include "image/palette.h"

namespace fcn {

/// What a LabelMap holds where a pixel does not count.
inline constexpr uint16_t kIgnoredLabel = 65535;

/// A class index for every pixel, row by row, or kIgnoredLabel.
struct LabelMap {
  int width = 0, height = 0;
  std::vector<uint16_t> labels;
};

/// A picture and the truth about it, of one size.
struct Sample {
  std::string name;  ///< "0001TP_006690"
  Image image;
  LabelMap labels;
  std::vector<ImageNote> notes = {};  ///< of reading the picture
};

/// Pictures with labels, in a fixed order. Thread-safe; nothing is kept in memory.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const std::vector<std::string>& classes() const = 0;
  virtual const std::vector<Colour>& palette() const = 0;  ///< one colour per class
  virtual size_t size() const = 0;
  /// The i-th sample's name, without reading it.
  virtual std::string name(size_t i) const = 0;
  /// Reads a sample. Throws Error(kIo) or Error(kInput) that names the file where one cannot be read, sizes differ, or
  /// a label is outside of the classes (with pixel, value and a guess at the mistake).
  virtual Sample Get(size_t i) const = 0;
};

}  // namespace fcn
