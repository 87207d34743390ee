#pragma once

#include <cstdint>
#include <vector>

#include "fcn/function_ref.h"
#include "image/codec.h"

namespace fcn {

/// What the samples of a pixel mean, as a file stores them.
struct SampleForm {
  enum class Colour { kGrey, kGreyFromWhite /* 0 is white */, kRgb, kInks /* CMYK, the amount of each */ };

  Colour colour = Colour::kRgb;
  int count = 3;               ///< samples of a pixel, the colour's first
  int alpha = -1;              ///< which sample, from 0, is transparency; -1: none
  bool premultiplied = false;  ///< colours are multiplied by alpha already
  int max = 255;               ///< the sample that is white: 255 of bytes, 65535 of 16 bits
};

/// Makes 8-bit RGB of stored samples, with all that ReadImageOptions says of them (bands, sample_max, ignore_alpha),
/// and notes what a user should know of it.
class SamplesToRgb {
 public:
  /// Throws Error(kInput) with both figures where options.bands names a sample that the file lacks.
  SamplesToRgb(const Source& source, const SampleForm& form);

  /// The samples of a pixel that are looked at, from 0: others need not be decoded.
  std::vector<int> used() const;
  /// Whether bytes come out as they go in.
  bool copies() const;

  /// Converts `pixels` pixels, `step` samples apart. `sample(i)` points to the first pixel's i-th sample.
  void Convert(FunctionRef<const uint8_t*(int)> sample, size_t step, size_t pixels, uint8_t* rgb);
  void Convert(FunctionRef<const uint16_t*(int)> sample, size_t step, size_t pixels, uint8_t* rgb);
  /// The same where the samples of a pixel lie together.
  template <typename T>
  void Convert(const T* samples, size_t pixels, uint8_t* rgb) {
    const auto sample = [samples](int i) { return samples + i; };
    Convert(FunctionRef<const T*(int)>(sample), static_cast<size_t>(form_.count), pixels, rgb);
  }

  /// Notes transparency that changed pixels, and a range of samples that does not fit. To be called once, at the end.
  void AddNotes() const;

 private:
  template <typename T>
  void ConvertAll(FunctionRef<const T*(int)> sample, size_t step, size_t pixels, uint8_t* rgb);
  /// The largest sample, and how many are above white.
  template <typename T>
  void Measure(const T* sample, size_t step, size_t pixels);
  void AddRangeNote() const;

  const Source& source_;
  SampleForm form_;
  int places_[3] = {0, 1, 2};         ///< of red, green and blue among the samples
  int white_;                         ///< the sample that becomes 255
  std::vector<uint8_t> to_eight_;     ///< of each sample; empty: as it is
  int64_t pixels_ = 0, changed_ = 0;  ///< in all, and by transparency
  int64_t samples_ = 0, cut_ = 0;     ///< in all, and above white
  int largest_ = 0;                   ///< sample but the one that means that there is no value
  bool has_no_data_ = false;
};

}  // namespace fcn
