// WebP through libwebp, and the container's frame and EXIF chunk through libwebpdemux.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>
#include <vector>

#include "image/codec.h"
#include "image/orientation.h"
#include "image/samples.h"

namespace fcn {
namespace {

struct DemuxDeleter {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};

int Orientation(const WebPDemuxer* demuxer) {
  WebPChunkIterator chunk;
  int orientation = 1;
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk))
    orientation = ExifOrientation({chunk.chunk.bytes, chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

/// The canvas of an animation as its first frame leaves it, as RGBA.
std::vector<uint8_t> FirstFrame(const Source& source, const WebPData& data, size_t pixels) {
  struct Deleter {
    void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
  };
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) throw std::bad_alloc();
  options.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, Deleter> decoder(WebPAnimDecoderNew(&data, &options));
  uint8_t* canvas = nullptr;
  int milliseconds = 0;
  if (!decoder || !WebPAnimDecoderGetNext(decoder.get(), &canvas, &milliseconds))
    ThrowCorrupt(source, "WebP", "its first frame is damaged");
  return {canvas, canvas + pixels * 4};
}

}  // namespace

// No CheckLeastSize: a lossless WebP of one colour spends no bits on its pixels. Its sides are at most 16383.
Image DecodeWebp(const Source& source) {
  const WebPData data{source.bytes.data(), source.bytes.size()};
  const std::unique_ptr<WebPDemuxer, DemuxDeleter> demuxer(WebPDemux(&data));
  if (!demuxer) ThrowCorrupt(source, "WebP", "its chunks do not fit into the file");
  const bool animated = WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT) > 1;
  ChooseFirstFrame(source, animated);
  WebPIterator frame;
  if (!WebPDemuxGetFrame(demuxer.get(), 1, &frame)) ThrowCorrupt(source, "WebP", "it has no frame");
  const WebPData bits = frame.fragment;  // points into the source
  WebPDemuxReleaseIterator(&frame);

  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config) || WebPGetFeatures(bits.bytes, bits.size, &config.input) != VP8_STATUS_OK)
    ThrowCorrupt(source, "WebP", "its picture has no valid header");
  Image image = animated ? AllocateImage(source, WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH),
                                         WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT))
                         : AllocateImage(source, config.input.width, config.input.height);
  const bool alpha = animated || config.input.has_alpha != 0;
  SamplesToRgb to_rgb(source, {.count = alpha ? 4 : 3, .alpha = alpha ? 3 : -1});
  const size_t pixels = image.rgb.size() / 3;
  if (animated) {
    to_rgb.Convert(FirstFrame(source, data, pixels).data(), pixels, image.rgb.data());
  } else {
    std::vector<uint8_t> samples(to_rgb.copies() ? 0 : pixels * (alpha ? 4 : 3));
    std::vector<uint8_t>& out = to_rgb.copies() ? image.rgb : samples;
    config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = out.data();
    config.output.u.RGBA.stride = image.width * (alpha ? 4 : 3);
    config.output.u.RGBA.size = out.size();
    const VP8StatusCode status = WebPDecode(bits.bytes, bits.size, &config);
    if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
    if (status != VP8_STATUS_OK) ThrowCorrupt(source, "WebP", "its picture ends early or is damaged");
    if (!to_rgb.copies()) to_rgb.Convert(samples.data(), pixels, image.rgb.data());
  }
  to_rgb.AddNotes();
  return Upright(std::move(image), Orientation(demuxer.get()));
}

}  // namespace fcn
