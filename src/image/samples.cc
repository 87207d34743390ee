#include "image/samples.h"

#include <fmt/format.h>

#include <algorithm>

#include "fcn/error.h"

namespace fcn {
namespace {

/// The largest 16-bit sample often means that there is no value; it says nothing of the others' range.
constexpr int kNoData = 65535;

/// Where all samples are below a quarter of the range, they probably have fewer than 16 bits: 14-bit cameras, the most
/// precise that are common, reach 16383. A photograph of full range has a bright spot somewhere.
constexpr int kSuspiciousMax = 16383;

/// A colour over white: `alpha` 255 is opaque. Exact rounding of (c·a + 255·(255 − a)) / 255.
uint8_t OverWhite(uint8_t colour, uint8_t alpha) {
  return static_cast<uint8_t>((colour * alpha + 255 * (255 - alpha) + 127) / 255);
}

/// One of R, G, B from the amounts of an ink and of black: the product of what they leave, as a printer without a
/// colour profile would see it.
uint8_t InkToLight(uint8_t ink, uint8_t black) {
  return static_cast<uint8_t>(((255 - ink) * (255 - black) + 127) / 255);
}

int ColourSamples(SampleForm::Colour colour) {
  return colour == SampleForm::Colour::kInks ? 4 : colour == SampleForm::Colour::kRgb ? 3 : 1;
}

std::string Percent(int64_t part, int64_t whole) {
  return fmt::format("{:.2f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

SamplesToRgb::SamplesToRgb(const Source& source, const SampleForm& form) : source_(source), form_(form) {
  const ReadImageOptions& options = source.options;
  if (form_.max > 255) {
    white_ = options.sample_max > 0 ? options.sample_max : form_.max;
    to_eight_.resize(65536);
    for (int i = 0; i < 65536; i++)  // the high byte where all 16 bits count, as everybody does it
      to_eight_[static_cast<size_t>(i)] =
          static_cast<uint8_t>(white_ == 65535 ? i >> 8 : std::min(255, (i * 255 + white_ / 2) / white_));
  } else {
    white_ = options.sample_max > 0 ? std::min(options.sample_max, 255) : 255;
    if (white_ < 255) to_eight_.resize(256);
    for (size_t i = 0; i < to_eight_.size(); i++)
      to_eight_[i] = static_cast<uint8_t>(std::min(255, (static_cast<int>(i) * 255 + white_ / 2) / white_));
  }
  if (options.ignore_alpha || !options.bands.empty()) form_.alpha = -1;
  for (const int band : options.bands) CheckBand(source, band, form_.count);
  if (!options.bands.empty()) {
    if (form_.colour != SampleForm::Colour::kGreyFromWhite) form_.colour = SampleForm::Colour::kRgb;
    for (size_t c = 0; c < 3; c++) places_[c] = options.bands[options.bands.size() == 1 ? 0 : c] - 1;
  } else if (ColourSamples(form_.colour) == 1) {
    std::fill(std::begin(places_), std::end(places_), 0);
  }
}

std::vector<int> SamplesToRgb::used() const {
  std::vector<int> used(std::begin(places_), std::end(places_));
  if (form_.colour == SampleForm::Colour::kInks) used.push_back(3);
  if (form_.alpha >= 0) used.push_back(form_.alpha);
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  return used;
}

bool SamplesToRgb::copies() const {
  return form_.colour == SampleForm::Colour::kRgb && form_.count == 3 && form_.alpha < 0 && form_.max == 255 &&
         to_eight_.empty() && places_[0] == 0 && places_[1] == 1 && places_[2] == 2;
}

template <typename T>
void SamplesToRgb::Measure(const T* sample, size_t step, size_t pixels) {
  int largest = largest_;
  int64_t cut = 0;
  bool has_no_data = false;
  for (size_t i = 0; i < pixels; i++) {
    const int value = sample[i * step];
    if (value == (sizeof(T) == 1 ? 255 : kNoData)) {
      has_no_data = true;
    } else {
      largest = std::max(largest, value);
      cut += value > white_;
    }
  }
  largest_ = largest;
  cut_ += cut;
  has_no_data_ |= has_no_data;
  samples_ += static_cast<int64_t>(pixels);
}

template <typename T>
void SamplesToRgb::ConvertAll(FunctionRef<const T*(int)> sample, size_t step, size_t pixels, uint8_t* rgb) {
  const auto eight = [this](T value) -> uint8_t {
    if constexpr (sizeof(T) == 1)
      if (to_eight_.empty()) return value;
    return to_eight_[value];
  };
  const bool from_white = form_.colour == SampleForm::Colour::kGreyFromWhite;
  for (int c = 0; c < 3; c++) {
    const T* in = sample(places_[c]);
    if (!to_eight_.empty())
      if (c == 0 || places_[c] != places_[c - 1]) Measure(in, step, pixels);
    for (size_t i = 0; i < pixels; i++) {
      const uint8_t value = eight(in[i * step]);
      rgb[3 * i + static_cast<size_t>(c)] = from_white ? static_cast<uint8_t>(255 - value) : value;
    }
  }
  if (form_.colour == SampleForm::Colour::kInks) {
    const T* black = sample(3);
    for (size_t i = 0; i < pixels; i++)
      for (size_t c = 0; c < 3; c++) rgb[3 * i + c] = InkToLight(rgb[3 * i + c], eight(black[i * step]));
  }
  if (form_.alpha >= 0) {
    const T* alphas = sample(form_.alpha);
    for (size_t i = 0; i < pixels; i++) {
      const uint8_t alpha = eight(alphas[i * step]);
      if (alpha == 255) continue;
      bool changed = false;
      for (size_t c = 0; c < 3; c++) {
        const uint8_t colour = rgb[3 * i + c];
        const uint8_t over_white =
            form_.premultiplied ? static_cast<uint8_t>(std::min(255, colour + 255 - alpha)) : OverWhite(colour, alpha);
        changed |= over_white != colour;
        rgb[3 * i + c] = over_white;
      }
      changed_ += changed;
    }
  }
  pixels_ += static_cast<int64_t>(pixels);
}

void SamplesToRgb::Convert(FunctionRef<const uint8_t*(int)> sample, size_t step, size_t pixels, uint8_t* rgb) {
  ConvertAll<uint8_t>(sample, step, pixels, rgb);
}

void SamplesToRgb::Convert(FunctionRef<const uint16_t*(int)> sample, size_t step, size_t pixels, uint8_t* rgb) {
  ConvertAll<uint16_t>(sample, step, pixels, rgb);
}

void SamplesToRgb::AddRangeNote() const {
  const std::string& name = source_.name;
  const bool said = source_.options.sample_max > 0;
  if (!said && white_ == 65535 && largest_ > 0 && largest_ <= kSuspiciousMax) {
    int bits = 8;
    while (largest_ >= 1 << bits) bits += 2;
    const char* reflectances = largest_ > 4095 ? "--sample-max 10000 if they are reflectances; " : "";
    const std::string whether = has_no_data_ ? ", but for some of 65535" : "";
    source_.Note(
        "range",
        fmt::format("{} has 16-bit samples of at most {}{}: read as 16 bits they are at most {} of 255", name, largest_,
                    whether, to_eight_[static_cast<size_t>(largest_)]),
        fmt::format("Say which sample is white: --sample-max {} if they have {} bits; {}--sample-max 65535 if the "
                    "picture is that dark.",
                    (1 << bits) - 1, bits, reflectances));
  } else if (cut_ > 0) {
    source_.Note("range",
                 fmt::format("{} has samples up to {}, and {} of them are above {}, which is {}: they become 255", name,
                             largest_, Percent(cut_, samples_), white_,
                             said ? "what --sample-max says" : "what the file says is its largest"),
                 "Raise --sample-max to the range that the samples have.");
  }
}

void SamplesToRgb::AddNotes() const {
  if (changed_ > 0)
    source_.Note("transparency",
                 fmt::format("{} has transparency, which is laid over white: that changes {} of its {} pixels ({})",
                             source_.name, changed_, pixels_, Percent(changed_, pixels_)),
                 "--ignore-alpha takes the colours as they are stored, as for a band that is no transparency.");
  AddRangeNote();
}

}  // namespace fcn
