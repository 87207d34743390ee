// JPEG (ITU-T T.81) through libjpeg, with its defaults: the accurate integer inverse DCT and smooth ("fancy")
// upsampling of chroma, so that pixels equal those of other programs with the same defaults (Pillow, for one).
#include <fmt/format.h>

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <vector>

// jpeglib.h needs size_t and FILE to be declared before it.
#include <jpeglib.h>

#include <jerror.h>

#include "base/function_ref.h"
#include "image/codec.h"
#include "image/orientation.h"

namespace fcn {
namespace {

/// Encoders write about ten scans at most. A hostile file has thousands of tiny ones, each of which costs a pass over
/// the whole picture.
constexpr int kMaxScans = 100;

/// The errors and warnings of libjpeg, which must neither exit nor print. Plain data: longjmp passes over it.
struct Messages {
  jpeg_error_mgr manager;
  jpeg_progress_mgr progress;
  std::jmp_buf escape;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void Fail(j_common_ptr codec) {
  auto* messages = reinterpret_cast<Messages*>(codec->err);
  messages->manager.format_message(codec, messages->text);
  std::longjmp(messages->escape, 1);
}

/// Warnings about lost or damaged picture data are errors; those about oddities that leave the pixels whole are
/// ignored.
void OnMessage(j_common_ptr codec, int level) {
  if (level >= 0) return;
  switch (codec->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
      Fail(codec);
    default:
      break;
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
      jpeg_read_header(&codec_, TRUE);
    });
    CheckHeader();
    Image image = AllocateImage(source_, codec_.image_width, codec_.image_height);
    const bool inks = codec_.num_components == 4;
    codec_.out_color_space = inks ? JCS_CMYK : JCS_RGB;
    Run([&] { jpeg_start_decompress(&codec_); });
    const size_t width = static_cast<size_t>(image.width);
    std::vector<uint8_t> ink_row(inks ? width * 4 : 0);
    for (int y = 0; y < image.height; ++y) {
      uint8_t* rgb = &image.rgb[static_cast<size_t>(y) * width * 3];
      JSAMPROW row = inks ? ink_row.data() : rgb;
      Run([&] { jpeg_read_scanlines(&codec_, &row, 1); });
      // Adobe's convention, which all writers of CMYK JPEGs follow in practice: 255 means no ink.
      if (inks)
        for (size_t x = 0; x < width; ++x)
          for (size_t c = 0; c < 3; ++c) rgb[3 * x + c] = InkToLight(ink_row[4 * x + c], ink_row[4 * x + 3]);
    }
    const int orientation = Orientation();  // before libjpeg frees the markers
    Run([&] { jpeg_finish_decompress(&codec_); });
    return Upright(std::move(image), orientation);
  }

 private:
  /// Calls libjpeg. Its errors come back by longjmp, which may only leave frames without destructors: `step` must have
  /// none.
  void Run(FunctionRef<void()> step) {
    if (setjmp(messages_.escape) != 0) ThrowCorrupt(source_, "JPEG", messages_.text);
    step();
  }

  void CheckHeader() const {
    CheckPixels(source_, codec_.image_width, codec_.image_height);
    if (codec_.arith_code) ThrowUnsupported(source_, "JPEG", "arithmetic coding");
    if (codec_.jpeg_color_space == JCS_UNKNOWN)
      ThrowUnsupported(source_, "JPEG", fmt::format("{} components of unknown colour", codec_.num_components));
    int64_t blocks = 0;
    for (int c = 0; c < codec_.num_components; ++c)
      blocks += int64_t{codec_.comp_info[c].width_in_blocks} * codec_.comp_info[c].height_in_blocks;
    CheckLeastSize(source_, codec_.image_width, codec_.image_height, blocks / 8,
                   "JPEG spends at least one bit on each 8x8 block of a component (its DC code)");
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

}  // namespace fcn
