// WebP through libwebp, and the container's frame and EXIF chunk through libwebpdemux.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>
#include <vector>

#include "image/codec.h"
#include "image/orientation.h"

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

}  // namespace

// No CheckLeastSize: a lossless WebP of one colour spends no bits on its pixels. Its sides are at most 16383.
Image DecodeWebp(const Source& source) {
  const WebPData data{source.bytes.data(), source.bytes.size()};
  const std::unique_ptr<WebPDemuxer, DemuxDeleter> demuxer(WebPDemux(&data));
  if (!demuxer) ThrowCorrupt(source, "WebP", "its chunks do not fit into the file");
  if (WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT) > 1) ThrowUnsupported(source, "WebP", "animation");
  WebPIterator frame;
  if (!WebPDemuxGetFrame(demuxer.get(), 1, &frame)) ThrowCorrupt(source, "WebP", "it has no frame");
  const WebPData bits = frame.fragment;  // points into the source
  WebPDemuxReleaseIterator(&frame);

  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config) || WebPGetFeatures(bits.bytes, bits.size, &config.input) != VP8_STATUS_OK)
    ThrowCorrupt(source, "WebP", "its picture has no valid header");
  Image image = AllocateImage(source, config.input.width, config.input.height);
  const bool alpha = config.input.has_alpha != 0;
  const size_t pixels = image.rgb.size() / 3;
  std::vector<uint8_t> rgba(alpha ? pixels * 4 : 0);
  config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = alpha ? rgba.data() : image.rgb.data();
  config.output.u.RGBA.stride = image.width * (alpha ? 4 : 3);
  config.output.u.RGBA.size = alpha ? rgba.size() : image.rgb.size();
  const VP8StatusCode status = WebPDecode(bits.bytes, bits.size, &config);
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (status != VP8_STATUS_OK) ThrowCorrupt(source, "WebP", "its picture ends early or is damaged");
  if (alpha)
    for (size_t i = 0; i < pixels; ++i)
      for (size_t c = 0; c < 3; ++c) image.rgb[3 * i + c] = OverWhite(rgba[4 * i + c], rgba[4 * i + 3]);
  return Upright(std::move(image), Orientation(demuxer.get()));
}

}  // namespace fcn
