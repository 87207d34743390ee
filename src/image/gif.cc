// GIF through giflib: the first frame, on the canvas that all frames share.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "image/codec.h"
#include "image/samples.h"

namespace fcn {
namespace {

/// LZW of 12 bits: a code stands for at most 4095 pixels, and takes 12 bits by the time that there are such codes.
constexpr int64_t kMaxPixelsPerLzwByte = 2730;

struct Reader {
  std::span<const uint8_t> bytes;
  size_t position = 0;

  static int Read(GifFileType* gif, GifByteType* out, int wanted) {
    auto& reader = *static_cast<Reader*>(gif->UserData);
    const size_t count = std::min(static_cast<size_t>(std::max(wanted, 0)), reader.bytes.size() - reader.position);
    if (count > 0) std::memcpy(out, reader.bytes.data() + reader.position, count);
    reader.position += count;
    return static_cast<int>(count);
  }
};

struct GifDeleter {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

/// What follows a frame's pixels.
enum class Next { kFrame, kEnd, kDamaged };

class GifReader {
 public:
  explicit GifReader(const Source& source) : source_(source), reader_{source.bytes} {
    int error = 0;
    gif_.reset(DGifOpen(&reader_, Reader::Read, &error));
    if (!gif_) Fail(error);
  }

  Image Decode() {
    if (FindFrame() != Next::kFrame) ThrowCorrupt(source_, "GIF", "it has no frame");
    CheckStatus(DGifGetImageDesc(gif_.get()));
    const GifImageDesc& frame = gif_->Image;
    if (frame.Left < 0 || frame.Top < 0) ThrowCorrupt(source_, "GIF", "its frame lies beside its canvas");
    CheckPixels(source_, frame.Width, frame.Height);
    CheckLeastSize(source_, frame.Width, frame.Height, int64_t{frame.Width} * frame.Height / kMaxPixelsPerLzwByte,
                   "LZW makes at most 4095 pixels of a code of 12 bits");
    const int64_t width = std::max<int64_t>(gif_->SWidth, int64_t{frame.Left} + frame.Width);
    const int64_t height = std::max<int64_t>(gif_->SHeight, int64_t{frame.Top} + frame.Height);
    Image image = AllocateImage(source_, width, height);
    std::vector<uint8_t> indices(static_cast<size_t>(frame.Width) * static_cast<size_t>(frame.Height));
    ReadIndices(frame, indices);
    Paint(frame, indices, image);
    const Next next = FindFrame();
    if (next == Next::kDamaged) {
      if (source_.options.strict) ThrowCorrupt(source_, "GIF", "what follows its first frame is not whole");
      source_.Note("damaged", source_.name + " is damaged or ends behind its first frame, which is whole",
                   kDamagedHint);
    }
    ChooseFirstFrame(source_, next == Next::kFrame);
    return image;
  }

 private:
  [[noreturn]] void Fail(int error) const {
    if (error == D_GIF_ERR_NOT_ENOUGH_MEM) throw std::bad_alloc();
    const char* text = GifErrorString(error);
    ThrowCorrupt(source_, "GIF", text != nullptr ? text : "it cannot be decoded");
  }
  void CheckStatus(int status) const {
    if (status != GIF_OK) Fail(gif_->Error);
  }

  /// Passes over extensions up to the next frame, and keeps which index it leaves clear.
  Next FindFrame() {
    transparent_ = NO_TRANSPARENT_COLOR;
    while (true) {
      GifRecordType type;
      if (DGifGetRecordType(gif_.get(), &type) != GIF_OK) return Next::kDamaged;
      if (type == IMAGE_DESC_RECORD_TYPE) return Next::kFrame;
      if (type == TERMINATE_RECORD_TYPE) return Next::kEnd;
      int code = 0;
      GifByteType* block = nullptr;
      if (DGifGetExtension(gif_.get(), &code, &block) != GIF_OK) return Next::kDamaged;
      while (block != nullptr) {
        GraphicsControlBlock control;
        if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
          transparent_ = control.TransparentColor;
        if (DGifGetExtensionNext(gif_.get(), &block) != GIF_OK) return Next::kDamaged;
      }
    }
  }

  void ReadIndices(const GifImageDesc& frame, std::vector<uint8_t>& indices) const {
    constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};  // of interlaced rows
    for (int pass = 0; pass < (frame.Interlace ? 4 : 1); pass++)
      for (int y = frame.Interlace ? kFirst[pass] : 0; y < frame.Height; y += frame.Interlace ? kStep[pass] : 1)
        CheckStatus(
            DGifGetLine(gif_.get(), &indices[static_cast<size_t>(y) * static_cast<size_t>(frame.Width)], frame.Width));
  }

  /// What the frame leaves of the canvas is clear, and so is its transparent index.
  void Paint(const GifImageDesc& frame, const std::vector<uint8_t>& indices, Image& image) const {
    const ColorMapObject* map = frame.ColorMap != nullptr ? frame.ColorMap : gif_->SColorMap;
    if (map == nullptr) ThrowCorrupt(source_, "GIF", "it has no palette");
    const bool covers = frame.Width == image.width && frame.Height == image.height;
    const bool alpha = transparent_ != NO_TRANSPARENT_COLOR || !covers;
    const size_t channels = alpha ? 4 : 3, width = static_cast<size_t>(image.width);
    SamplesToRgb to_rgb(source_, {.count = static_cast<int>(channels), .alpha = alpha ? 3 : -1});
    std::vector<uint8_t> row(width * channels);
    for (int y = 0; y < image.height; y++) {
      std::fill(row.begin(), row.end(), uint8_t{0});
      const int inside = y - frame.Top;
      for (int x = 0; inside >= 0 && inside < frame.Height && x < frame.Width; x++) {
        const int index =
            indices[static_cast<size_t>(inside) * static_cast<size_t>(frame.Width) + static_cast<size_t>(x)];
        uint8_t* out = &row[static_cast<size_t>(frame.Left + x) * channels];
        if (index < map->ColorCount) {
          const GifColorType& colour = map->Colors[index];
          out[0] = colour.Red, out[1] = colour.Green, out[2] = colour.Blue;
        }
        if (alpha) out[3] = index == transparent_ ? 0 : 255;
      }
      to_rgb.Convert(row.data(), width, &image.rgb[static_cast<size_t>(y) * width * 3]);
    }
    to_rgb.AddNotes();
  }

  const Source& source_;
  Reader reader_;
  std::unique_ptr<GifFileType, GifDeleter> gif_;
  int transparent_ = NO_TRANSPARENT_COLOR;
};

}  // namespace

Image DecodeGif(const Source& source) { return GifReader(source).Decode(); }

}  // namespace fcn
