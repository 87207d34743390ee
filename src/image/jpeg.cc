// JPEG (ITU-T T.81) through libjpeg, with its defaults: the accurate integer inverse DCT and smooth ("fancy")
// upsampling of chroma, so that pixels equal those of other programs with the same defaults (Pillow, for one).
#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

// jpeglib.h needs size_t and FILE to be declared before it.
#include <jpeglib.h>

#include <jerror.h>

#include "fcn/function_ref.h"
#include "image/codec.h"
#include "image/multi_picture.h"
#include "image/orientation.h"
#include "image/samples.h"

namespace fcn {
namespace {

/// Encoders write about ten scans at most. A hostile file has thousands of tiny ones, each of which costs a pass over
/// the whole picture.
constexpr int kMaxScans = 100;

/// The share of a damaged picture that may be filled in with grey.
constexpr double kMostLost = 0.1;

/// What libjpeg's warnings say of the picture data. A wrong bit makes nonsense of what follows it until the codes
/// happen to fall into step again, and may pass for sense for long: where libjpeg notices it, pixels may have been
/// wrong for many rows. It fills rows that it has no data for with grey.
struct Damage {
  int places = 0;
  int64_t first_row = 0;      ///< where damage was noticed first; the height: after the last row
  double lost = 0;            ///< the share of the picture that was filled in, at most
  bool no_end = false;        ///< the file has no end marker
  bool rows_missing = false;  ///< … and ends ahead of its last row,
  int64_t end_row = 0;        ///< … in this one,
  bool ends_alone = false;    ///< … with no damage before that
};

/// The errors and warnings of libjpeg, which must neither exit nor print. Plain data: longjmp passes over it.
struct Messages {
  jpeg_error_mgr manager;
  jpeg_progress_mgr progress;
  std::jmp_buf escape;
  char text[JMSG_LENGTH_MAX];
  bool strict;
  Damage damage;
};

[[noreturn]] void Fail(j_common_ptr codec) {
  auto* messages = reinterpret_cast<Messages*>(codec->err);
  messages->manager.format_message(codec, messages->text);
  std::longjmp(messages->escape, 1);
}

void NoteDamage(j_decompress_ptr codec, bool rows_lost) {
  Damage& damage = reinterpret_cast<Messages*>(codec->err)->damage;
  const int64_t row =
      std::min(int64_t{codec->input_iMCU_row} * codec->max_v_samp_factor * DCTSIZE, int64_t{codec->image_height});
  if (damage.places++ == 0) damage.first_row = row;
  if (!rows_lost) return;
  if (damage.no_end && !damage.rows_missing) {
    damage.rows_missing = true;
    damage.end_row = row;
    damage.ends_alone = damage.places == 1;
  }
  // The row at hand is not counted: a few lost bytes may end the data a little early.
  const double rows = codec->total_iMCU_rows;
  const double left = std::max(0.0, rows - 1 - codec->input_iMCU_row) / rows;
  const double interval = codec->restart_interval / (double{1} * codec->MCUs_per_row * codec->MCU_rows_in_scan);
  damage.lost += codec->restart_interval > 0 ? std::min(interval, left) : left;
}

/// Warnings about lost or damaged picture data count, or are errors; those about oddities that leave the pixels whole
/// are ignored.
void OnMessage(j_common_ptr codec, int level) {
  if (level >= 0) return;
  constexpr int kHarmlessBytes = 2;  // that some cameras leave ahead of a marker
  auto* messages = reinterpret_cast<Messages*>(codec->err);
  const int code = codec->err->msg_code;
  const bool junk = code == JWRN_EXTRANEOUS_DATA && codec->err->msg_parm.i[0] > kHarmlessBytes;
  if (code != JWRN_JPEG_EOF && code != JWRN_HIT_MARKER && code != JWRN_HUFF_BAD_CODE && code != JWRN_MUST_RESYNC &&
      !junk)
    return;
  if (messages->strict) Fail(codec);
  if (code == JWRN_JPEG_EOF) {
    messages->damage.no_end = true;
  } else {
    NoteDamage(reinterpret_cast<j_decompress_ptr>(codec), code == JWRN_HIT_MARKER || code == JWRN_MUST_RESYNC);
  }
}

void OnProgress(j_common_ptr codec) {
  if (reinterpret_cast<j_decompress_ptr>(codec)->input_scan_number <= kMaxScans) return;
  auto* messages = static_cast<Messages*>(codec->client_data);
  std::snprintf(messages->text, sizeof messages->text, "it has more than %d scans", kMaxScans);
  std::longjmp(messages->escape, 1);
}

class Decoder {
 public:
  explicit Decoder(const Source& source) : source_(source) {
    codec_.err = jpeg_std_error(&messages_.manager);
    messages_.manager.error_exit = Fail;
    messages_.manager.emit_message = OnMessage;
    messages_.manager.output_message = [](j_common_ptr) {};
    codec_.client_data = &messages_;
    messages_.strict = source.options.strict;
    Run([&] { jpeg_create_decompress(&codec_); });
    messages_.progress.progress_monitor = OnProgress;
    codec_.progress = &messages_.progress;
  }
  ~Decoder() { jpeg_destroy_decompress(&codec_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  Image Decode() {
    Run([&] {
      jpeg_mem_src(&codec_, source_.bytes.data(), source_.bytes.size());
      jpeg_save_markers(&codec_, JPEG_APP0 + 1, 0xffff);
      jpeg_save_markers(&codec_, JPEG_APP0 + 2, 0xffff);
      jpeg_read_header(&codec_, TRUE);
    });
    CheckHeader();
    Image image = AllocateImage(source_, codec_.image_width, codec_.image_height);
    const bool inks = codec_.num_components == 4, grey = codec_.num_components == 1;
    codec_.out_color_space = inks ? JCS_CMYK : grey ? JCS_GRAYSCALE : JCS_RGB;
    using Colour = SampleForm::Colour;
    const SampleForm form{.colour = inks   ? Colour::kInks
                                    : grey ? Colour::kGrey
                                           : Colour::kRgb,
                          .count = codec_.num_components};
    SamplesToRgb to_rgb(source_, form);
    Run([&] { jpeg_start_decompress(&codec_); });
    const size_t width = static_cast<size_t>(image.width);
    std::vector<uint8_t> samples(to_rgb.copies() ? 0 : width * static_cast<size_t>(form.count));
    for (int y = 0; y < image.height; y++) {
      uint8_t* rgb = &image.rgb[static_cast<size_t>(y) * width * 3];
      JSAMPROW row = to_rgb.copies() ? rgb : samples.data();
      Run([&] { jpeg_read_scanlines(&codec_, &row, 1); });
      if (to_rgb.copies()) continue;
      // Adobe's convention, which all writers of CMYK JPEGs follow in practice: 255 means no ink.
      if (inks)
        for (uint8_t& sample : samples) sample = static_cast<uint8_t>(255 - sample);
      to_rgb.Convert(samples.data(), width, rgb);
    }
    to_rgb.AddNotes();
    CheckComplete();
    const int orientation = Orientation();  // before libjpeg frees the markers
    Run([&] { jpeg_finish_decompress(&codec_); });
    NoteDamage();
    return Upright(std::move(image), orientation);
  }
  /// Whether what was decoded has one component.
  bool is_grey() const { return codec_.num_components == 1; }

 private:
  /// Calls libjpeg. Its errors come back by longjmp, which may only leave frames without destructors: `step` must have
  /// none.
  void Run(FunctionRef<void()> step) {
    if (setjmp(messages_.escape) != 0) {
      CheckForm();
      ThrowCorrupt(source_, "JPEG", messages_.text);
    }
    step();
  }

  /// Names the forms of JPEG at which libjpeg gives up.
  void CheckForm() const {
    const int marker = messages_.manager.msg_parm.i[0];  // the start of the frame, 0xc0 to 0xcf
    switch (messages_.manager.msg_code) {
      case JERR_BAD_PRECISION:
        ThrowUnsupported(source_, "JPEG", fmt::format("{} bits a sample", codec_.data_precision));
      case JERR_ARITH_NOTIMPL:
        ThrowUnsupported(source_, "JPEG", "arithmetic coding");
      case JERR_SOF_UNSUPPORTED:
        ThrowUnsupported(source_, "JPEG",
                         marker == 0xc3   ? "lossless coding"
                         : marker >= 0xc8 ? "arithmetic coding"
                                          : "hierarchical coding");
      case JERR_UNKNOWN_MARKER:
        if (marker == 0xf7) ThrowUnsupported(source_, "JPEG", "lossless coding (JPEG-LS)");
        return;
      default:
        return;
    }
  }

  void CheckHeader() const {
    ChooseFirstFrame(source_, HasMoreFrames());
    CheckPixels(source_, codec_.image_width, codec_.image_height);
    if (codec_.arith_code) ThrowUnsupported(source_, "JPEG", "arithmetic coding");
    if (codec_.jpeg_color_space == JCS_UNKNOWN)
      ThrowUnsupported(source_, "JPEG", fmt::format("{} components of unknown colour", codec_.num_components));
    int64_t blocks = 0;
    for (int c = 0; c < codec_.num_components; c++)
      blocks += int64_t{codec_.comp_info[c].width_in_blocks} * codec_.comp_info[c].height_in_blocks;
    CheckLeastSize(source_, codec_.image_width, codec_.image_height, blocks / 8,
                   "JPEG spends at least one bit on each 8x8 block of a component (its DC code)");
  }

  /// Rows or whole scans that are missing are no small damage: a picture that is half grey, or lacks a colour, would
  /// give a confident wrong answer.
  void CheckComplete() const {
    const Damage& damage = messages_.damage;
    if (damage.rows_missing && codec_.progressive_mode) ThrowCorrupt(source_, "JPEG", "it ends ahead of its last scan");
    if (damage.rows_missing && damage.ends_alone && damage.end_row > 0)
      ThrowRowsMissing(source_, "JPEG", damage.end_row, codec_.image_height);
    if (damage.rows_missing)
      ThrowCorrupt(source_, "JPEG", fmt::format("it ends at row {} of {}", damage.end_row, codec_.image_height));
    bool all_scans = true;
    for (int c = 0; c < codec_.num_components; c++) {
      all_scans &= codec_.comp_info[c].quant_table != nullptr;
      if (codec_.coef_bits != nullptr)  // progressive: the bits that each coefficient still lacks, or -1
        for (const int bits : codec_.coef_bits[c]) all_scans &= bits == 0 || !damage.no_end;
    }
    if (!all_scans) ThrowCorrupt(source_, "JPEG", "it ends before its last scan");
    if (damage.lost > kMostLost)
      ThrowCorrupt(source_, "JPEG",
                   fmt::format("damage shows first at row {} of {}, and it lacks up to {:.0f} % of its data",
                               damage.first_row, codec_.image_height, 100 * std::min(1.0, damage.lost)));
  }

  void NoteDamage() const {
    const Damage& damage = messages_.damage;
    if (damage.places > 0)
      source_.Note(
          "damaged",
          fmt::format("{} is damaged: its data make no sense in {} {}; that shows first {}, and pixels before it may "
                      "be wrong, too",
                      source_.name, damage.places, damage.places == 1 ? "place" : "places",
                      damage.first_row < codec_.image_height
                          ? fmt::format("at row {} of {}", damage.first_row, codec_.image_height)
                          : fmt::format("behind the last of its {} rows", codec_.image_height)),
          kDamagedHint);
    if (damage.no_end)
      source_.Note("damaged", fmt::format("{} has no end marker; all its rows are there", source_.name), kDamagedHint);
  }

  /// Whether it is followed by pictures of the same kind (MPO). The gain map of HDR photographs is none.
  bool HasMoreFrames() const {
    int64_t frames = 1;
    for (const jpeg_marker_struct* marker = codec_.marker_list; marker != nullptr; marker = marker->next) {
      const std::string_view text(reinterpret_cast<const char*>(marker->data), marker->data_length);
      if (marker->marker == JPEG_APP0 + 1 && text.find("hdrgm:") != text.npos) return false;
      if (marker->marker == JPEG_APP0 + 2) frames = std::max(frames, CountFrames({marker->data, marker->data_length}));
    }
    return frames > 1;
  }

  int Orientation() const {
    for (const jpeg_marker_struct* marker = codec_.marker_list; marker != nullptr; marker = marker->next)
      if (marker->marker == JPEG_APP0 + 1 && marker->data_length > 6 && std::memcmp(marker->data, "Exif\0", 6) == 0)
        return ExifOrientation({marker->data, marker->data_length});
    return 1;
  }

  const Source& source_;
  Messages messages_ = {};
  jpeg_decompress_struct codec_ = {};
};

}  // namespace

Image DecodeJpeg(const Source& source) { return Decoder(source).Decode(); }

Raster DecodeJpegRaster(const Source& source, const std::vector<int>& bands) {
  Decoder decoder(source);
  Raster raster(decoder.Decode());
  const std::vector<int> grey = {1};
  if (decoder.is_grey()) raster = ChooseBands(source, grey, std::move(raster));
  return ChooseBands(source, bands, std::move(raster));
}

}  // namespace fcn
