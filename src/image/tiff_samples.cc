#include <fmt/format.h>

#include <optional>

#include "fcn/error.h"
#include "image/samples.h"
#include "image/tiff_blocks.h"
#include "image/tiff_file.h"

namespace fcn {
namespace {

/// What the file says its white is, where it says so. MaxSampleValue is meant for statistics, and programs write the
/// largest sample that happens to occur: only a full number of bits is taken for the range.
int LargestSample(const TiffFile& file, int bits) {
  if (bits < 16) return (1 << bits) - 1;
  uint16_t whole = 0;
  double real = 0;
  const auto is_range = [](int value) { return value >= 255 && value < 65535 && (value & (value + 1)) == 0; };
  if (TIFFGetField(file.get(), TIFFTAG_MAXSAMPLEVALUE, &whole) && is_range(whole)) return whole;
  if (TIFFGetField(file.get(), TIFFTAG_SMAXSAMPLEVALUE, &real) && real >= 255 && real < 65535 &&
      is_range(static_cast<int>(real)))
    return static_cast<int>(real);
  return 65535;
}

/// Which samples are the colour; 0: libtiff's to convert.
int ColourSamples(const TiffFile& file, SampleForm::Colour& colour) {
  switch (file.Short(TIFFTAG_PHOTOMETRIC, "colour")) {
    case PHOTOMETRIC_MINISWHITE:
      colour = SampleForm::Colour::kGreyFromWhite;
      return 1;
    case PHOTOMETRIC_MINISBLACK:
      colour = SampleForm::Colour::kGrey;
      return 1;
    case PHOTOMETRIC_RGB:
      colour = SampleForm::Colour::kRgb;
      return 3;
    case PHOTOMETRIC_SEPARATED:
      colour = SampleForm::Colour::kInks;
      return 4;
    default:
      return 0;
  }
}

/// Which sample is transparency, or −1.
int FindAlpha(const TiffFile& file, int colours, int count, bool& premultiplied) {
  uint16_t extra_count = 0;
  const uint16_t* extra = nullptr;
  if (!TIFFGetField(file.get(), TIFFTAG_EXTRASAMPLES, &extra_count, &extra)) return -1;
  for (int i = 0; i < extra_count && colours + i < count; i++) {
    premultiplied = extra[i] == EXTRASAMPLE_ASSOCALPHA;
    if (premultiplied || extra[i] == EXTRASAMPLE_UNASSALPHA) return colours + i;
  }
  return -1;
}

void CheckMeaning(const TiffFile& file, const SampleForm& form, int colours) {
  const Source& source = file.source();
  if (!source.options.bands.empty()) return;
  const int extra = form.count - colours - (form.alpha >= 0 ? 1 : 0);
  if (colours == 1 && extra > 1)
    ThrowUnsupported(source, "TIFF", fmt::format("{} bands that are not said to be red, green and blue", form.count),
                     "Say which bands are: --bands 1,2,3 takes the first three, --bands 1 the first as grey.");
  if (colours == 4 && file.Short(TIFFTAG_INKSET, "inks") != INKSET_CMYK)
    ThrowUnsupported(source, "TIFF", "inks other than CMYK");
  if (extra > 0)
    source.Note("bands",
                fmt::format("{} has {} bands, of which {} {} read as its colour", source.name, form.count,
                            colours == 1   ? "the first"
                            : colours == 3 ? "the first three"
                                           : "the first four",
                            colours == 1 ? "is" : "are"),
                "--bands chooses others.");
}

/// What the samples of a pixel mean; nothing where libtiff is to convert them.
std::optional<SampleForm> Describe(const TiffFile& file, const TiffBlocks& blocks) {
  SampleForm form;
  const int colours = ColourSamples(file, form.colour);
  form.count = blocks.count;
  if (colours == 0 || blocks.bits < 8 || blocks.bits > 16 || form.count < colours) return std::nullopt;
  form.alpha = FindAlpha(file, colours, form.count, form.premultiplied);
  form.max = blocks.bits == 8 ? 255 : LargestSample(file, blocks.bits);
  CheckMeaning(file, form, colours);
  return form;
}

template <typename Sample>
void Convert(const TiffBlockReader::Part& part, SamplesToRgb& to_rgb, uint8_t* rgb) {
  const auto at = [&](int sample) { return part.At<Sample>(sample); };
  to_rgb.Convert(FunctionRef<const Sample*(int)>(at), part.step, part.pixels, rgb);
}

}  // namespace

bool ReadTiffSamples(const TiffFile& file, Image& image) {
  const TiffBlocks blocks(file);
  const std::optional<SampleForm> form = Describe(file, blocks);
  if (!form || !blocks.has_pixels()) return false;
  SamplesToRgb to_rgb(file.source(), *form);
  TiffBlockReader(file, blocks, to_rgb.used()).Read([&](const TiffBlockReader::Part& part) {
    uint8_t* rgb = &image.rgb[(size_t{part.y} * blocks.width + part.x) * 3];
    if (blocks.bits == 8)
      Convert<uint8_t>(part, to_rgb, rgb);
    else
      Convert<uint16_t>(part, to_rgb, rgb);
  });
  to_rgb.AddNotes();
  return true;
}

}  // namespace fcn
