#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "fcn/error.h"
#include "image/samples.h"
#include "image/tiff_file.h"

namespace fcn {
namespace {

/// How the samples of a pixel are stored and what they mean.
struct Layout {
  SampleForm form;
  int bits;     ///< of a sample: 8 to 16, fewer than 16 packed
  bool planes;  ///< each sample has blocks of its own
  bool tiled;
  uint32_t block_width, block_height;  ///< of a strip or a tile
};

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

bool Describe(const TiffFile& file, const Image& image, Layout& layout) {
  SampleForm& form = layout.form;
  const int colours = ColourSamples(file, form.colour);
  layout.bits = file.Short(TIFFTAG_BITSPERSAMPLE, "bits per sample");
  form.count = file.Short(TIFFTAG_SAMPLESPERPIXEL, "samples per pixel");
  if (colours == 0 || layout.bits < 8 || layout.bits > 16 || form.count < colours) return false;
  form.alpha = FindAlpha(file, colours, form.count, form.premultiplied);
  form.max = layout.bits == 8 ? 255 : LargestSample(file, layout.bits);
  CheckMeaning(file, form, colours);
  layout.planes = file.Short(TIFFTAG_PLANARCONFIG, "plane layout") == PLANARCONFIG_SEPARATE;
  layout.tiled = TIFFIsTiled(file.get()) != 0;
  if (layout.tiled) {
    layout.block_width = file.Long(TIFFTAG_TILEWIDTH, "tile width");
    layout.block_height = file.Long(TIFFTAG_TILELENGTH, "tile height");
  } else {
    layout.block_width = static_cast<uint32_t>(image.width);
    layout.block_height =
        std::min(file.Long(TIFFTAG_ROWSPERSTRIP, "rows per strip"), static_cast<uint32_t>(image.height));
  }
  return layout.block_width > 0 && layout.block_height > 0;
}

/// Samples of 9 to 15 bits, packed from the highest bit on.
void Unpack(const uint8_t* in, int bits, std::span<uint16_t> out) {
  uint32_t buffer = 0;
  int held = 0;
  for (uint16_t& sample : out) {
    for (; held < bits; held += 8) buffer = buffer << 8 | *in++;
    held -= bits;
    sample = static_cast<uint16_t>(buffer >> held & ((1u << bits) - 1));
  }
}

class SampleReader {
 public:
  SampleReader(const TiffFile& file, const Layout& layout)
      : file_(file),
        layout_(layout),
        to_rgb_(file.source(), layout.form),
        planes_(layout.planes ? to_rgb_.used() : std::vector<int>{0}),
        stored_(layout.planes ? 1 : static_cast<size_t>(layout.form.count)),
        row_bytes_((layout.block_width * stored_ * static_cast<size_t>(layout.bits) + 7) / 8),
        block_bytes_(row_bytes_ * layout.block_height) {
    const auto most = static_cast<size_t>(file.MostBlockBytes());
    if (row_bytes_ > most / layout.block_height / planes_.size())
      throw Error(ErrorCode::kMemory,
                  fmt::format("{} stores its {} bands in blocks of {}x{} pixels, more than {} bytes",
                              file.source().name, layout.form.count, layout.block_width, layout.block_height, most),
                  "Save it in tiles or strips of some rows, or raise the limit with --max-pixels if you trust the "
                  "file.");
    blocks_.resize(block_bytes_ * planes_.size());
    if (layout.bits > 8 && layout.bits < 16) unpacked_.resize(layout.block_width * stored_ * planes_.size());
  }

  void Read(Image& image) {
    const auto width = static_cast<uint32_t>(image.width), height = static_cast<uint32_t>(image.height);
    for (uint32_t y0 = 0; y0 < height; y0 += std::min(layout_.block_height, height - y0))
      for (uint32_t x0 = 0; x0 < width; x0 += std::min(layout_.block_width, width - x0)) {
        const uint32_t rows = std::min(layout_.block_height, height - y0),
                       columns = std::min(layout_.block_width, width - x0);
        for (size_t plane = 0; plane < planes_.size(); plane++) ReadBlock(x0, y0, rows, plane);
        for (uint32_t y = 0; y < rows; y++) ConvertRow(y, columns, &image.rgb[(size_t{y0 + y} * width + x0) * 3]);
      }
    to_rgb_.AddNotes();
  }

 private:
  void ReadBlock(uint32_t x0, uint32_t y0, uint32_t rows, size_t plane) {
    uint8_t* out = blocks_.data() + plane * block_bytes_;
    const auto sample = static_cast<uint16_t>(planes_[plane]);
    const auto wanted = static_cast<tmsize_t>(layout_.tiled ? block_bytes_ : row_bytes_ * rows);
    TIFF* tiff = file_.get();
    const tmsize_t got = layout_.tiled
                             ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, x0, y0, 0, sample), out, wanted)
                             : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y0, sample), out, wanted);
    if (got != wanted) file_.Fail(fmt::format("the block of pixels at x {}, y {} is not whole", x0, y0));
  }

  /// Which of the blocks that were read has a sample.
  size_t BlockOf(int sample) const {
    return static_cast<size_t>(std::find(planes_.begin(), planes_.end(), sample) - planes_.begin());
  }

  void ConvertRow(uint32_t y, size_t pixels, uint8_t* rgb) {
    const uint8_t* row = blocks_.data() + y * row_bytes_;
    const size_t unpacked = layout_.block_width * stored_;  // samples of a row
    if (!unpacked_.empty())
      for (size_t plane = 0; plane < planes_.size(); plane++)
        Unpack(row + plane * block_bytes_, layout_.bits, {unpacked_.data() + plane * unpacked, unpacked});
    const auto at = [&](int sample) {
      return layout_.planes ? row + BlockOf(sample) * block_bytes_
                            : row + static_cast<size_t>(sample) * (layout_.bits == 8 ? 1 : 2);
    };
    const auto at16 = [&](int sample) -> const uint16_t* {
      if (unpacked_.empty()) return reinterpret_cast<const uint16_t*>(at(sample));
      return unpacked_.data() + (layout_.planes ? BlockOf(sample) * unpacked : static_cast<size_t>(sample));
    };
    if (layout_.bits == 8) {
      to_rgb_.Convert(FunctionRef<const uint8_t*(int)>(at), stored_, pixels, rgb);
    } else {
      to_rgb_.Convert(FunctionRef<const uint16_t*(int)>(at16), stored_, pixels, rgb);
    }
  }

  const TiffFile& file_;
  const Layout& layout_;
  SamplesToRgb to_rgb_;
  const std::vector<int> planes_;  ///< the samples whose blocks are read
  const size_t stored_;            ///< samples of a pixel in one block
  const size_t row_bytes_, block_bytes_;
  std::vector<uint8_t> blocks_;     ///< one for each of planes_, 16-bit samples in this machine's order
  std::vector<uint16_t> unpacked_;  ///< a row of each
};

}  // namespace

bool ReadTiffSamples(const TiffFile& file, Image& image) {
  Layout layout;
  if (!Describe(file, image, layout)) return false;
  SampleReader(file, layout).Read(image);
  return true;
}

}  // namespace fcn
