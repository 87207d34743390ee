// HEIC and AVIF through libheif, where it was there when fcn was built. libheif turns and mirrors pictures as their
// files say; the orientation that EXIF data repeat must not be applied again.
#include "fcn/error.h"
#include "image/codec.h"

#ifdef FCN_HEIF

#include <fmt/format.h>
#include <libheif/heif.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "fcn/text.h"
#include "image/decoder_threads.h"
#include "image/hevc.h"
#include "image/samples.h"

namespace fcn {
namespace {

template <auto kFree>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Context = std::unique_ptr<heif_context, Deleter<heif_context_free>>;
using Handle = std::unique_ptr<const heif_image_handle, Deleter<heif_image_handle_release>>;
using Decoded = std::unique_ptr<heif_image, Deleter<heif_image_release>>;
using DecodingOptions = std::unique_ptr<heif_decoding_options, Deleter<heif_decoding_options_free>>;

void Check(const Source& source, const heif_error& error) {
  if (error.code == heif_error_Ok) return;
  if (error.subcode == heif_suberror_Security_limit_exceeded)
    throw Error(ErrorCode::kMemory,
                fmt::format("{} goes past the limits of libheif: {}", source.name, Quoted(error.message)),
                "Save it as a PNG or JPEG if you trust the file.");
  if (error.code == heif_error_Memory_allocation_error) throw std::bad_alloc();
  if (error.code == heif_error_Unsupported_filetype || error.code == heif_error_Unsupported_feature ||
      error.code == heif_error_Plugin_loading_error)
    throw Error(
        ErrorCode::kUnsupported, fmt::format("libheif cannot decode {}: {}", source.name, Quoted(error.message)),
        "It may lack the decoder (Debian's packages libheif-plugin-libde265 and libheif-plugin-aomdec); or save "
        "the picture as a PNG or JPEG.");
  ThrowCorrupt(source, "HEIC or AVIF", Quoted(error.message));
}

/// The pictures of the file that are no parts of others, the primary one first.
std::vector<heif_item_id> Pictures(const Source& source, heif_context* context) {
  heif_item_id primary = 0;
  Check(source, heif_context_get_primary_image_ID(context, &primary));
  std::vector<heif_item_id> ids(static_cast<size_t>(heif_context_get_number_of_top_level_images(context)));
  ids.resize(static_cast<size_t>(
      heif_context_get_list_of_top_level_image_IDs(context, ids.data(), static_cast<int>(ids.size()))));
  std::erase(ids, primary);
  ids.insert(ids.begin(), primary);
  return ids;
}

/// Whether there is a track of frames beside the pictures (a box "moov"), of which this libheif knows nothing.
bool HasSequence(std::span<const uint8_t> bytes) {
  const auto number = [&](uint64_t at, int size) {
    uint64_t value = 0;
    for (int i = 0; i < size; i++) value = value << 8 | bytes[at + static_cast<uint64_t>(i)];
    return value;
  };
  constexpr uint64_t kHeader = 8, kLongHeader = 16;
  for (uint64_t at = 0; at + kLongHeader <= bytes.size();) {
    if (std::memcmp(&bytes[at + 4], "moov", 4) == 0) return true;
    const uint64_t size = number(at, 4) == 1 ? number(at + 8, 8) : number(at, 4);
    if (size < kHeader || size > bytes.size() - at) return false;
    at += size;
  }
  return false;
}

/// What came of decoding: with a picture, or the error that libheif gave.
struct Attempt {
  Decoded picture;
  heif_error error{};
};

/// A refused thread reaches us as an exception (of a tile's) or as an error of libheif's plugin (of AV1's), which a
/// damaged picture has, too. So either is tried once more, alone, with as few threads as possible.
Attempt Decode(const Source& source, heif_context* context, const heif_image_handle* handle, bool alpha,
               const heif_decoding_options* options) {
  const int64_t pixels = int64_t{heif_image_handle_get_width(handle)} * heif_image_handle_get_height(handle);
  const auto decode = [&] {
    heif_image* out = nullptr;
    const heif_error error = heif_decode_image(
        handle, &out, heif_colorspace_RGB, alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, options);
    return Attempt{Decoded(out), error};
  };
  try {
    const DecoderThreads threads(source.name, pixels);
    if (threads.side_by_side()) {
      Attempt first = decode();
      if (first.error.code != heif_error_Decoder_plugin_error) return first;
    }
  } catch (const std::system_error&) {
  }
  const DecoderThreads alone(source.name, pixels, DecoderThreads::Company::kNone);
  heif_context_set_max_decoding_threads(context, 0);
  return decode();
}

}  // namespace

// No CheckLeastSize: a picture of one colour takes next to no bits.
Image DecodeHeif(const Source& source) {
  const Context context(heif_context_alloc());
  if (!context) throw std::bad_alloc();
  DecodeHevcWithoutThreads();
  Check(source,
        heif_context_read_from_memory_without_copy(context.get(), source.bytes.data(), source.bytes.size(), nullptr));
  const std::vector<heif_item_id> ids = Pictures(source, context.get());
  if (ids.size() == 1)
    ChooseFirstFrame(source, HasSequence(source.bytes));
  else
    ChoosePage(source, static_cast<int64_t>(ids.size()));
  heif_image_handle* found = nullptr;
  Check(source,
        heif_context_get_image_handle(context.get(), ids[static_cast<size_t>(source.options.page) - 1], &found));
  const Handle handle(found);
  Image image = AllocateImage(source, heif_image_handle_get_width(found), heif_image_handle_get_height(found));

  const bool alpha = heif_image_handle_has_alpha_channel(found) != 0;
  const DecodingOptions options(heif_decoding_options_alloc());
  if (!options) throw std::bad_alloc();
  options->convert_hdr_to_8bit = 1;
  options->strict_decoding = source.options.strict ? 1 : 0;
  const Attempt attempt = Decode(source, context.get(), found, alpha, options.get());
  Check(source, attempt.error);
  heif_image* out = attempt.picture.get();
  int stride = 0;
  const uint8_t* rows = heif_image_get_plane_readonly(out, heif_channel_interleaved, &stride);
  if (rows == nullptr || heif_image_get_width(out, heif_channel_interleaved) != image.width ||
      heif_image_get_height(out, heif_channel_interleaved) != image.height)
    ThrowCorrupt(source, "HEIC or AVIF", "its picture has another size than its header says");

  SamplesToRgb to_rgb(source, {.count = alpha ? 4 : 3,
                               .alpha = alpha ? 3 : -1,
                               .premultiplied = alpha && heif_image_handle_is_premultiplied_alpha(found) != 0});
  const size_t width = static_cast<size_t>(image.width);
  for (int y = 0; y < image.height; y++)
    to_rgb.Convert(rows + int64_t{y} * stride, width, &image.rgb[static_cast<size_t>(y) * width * 3]);
  to_rgb.AddNotes();
  if (const int count = heif_image_get_decoding_warnings(out, 0, nullptr, 0); count > 0) {
    // The last one, since libheif 1.15 writes all from the first that is asked for on, however many have room, and
    // keeps the text of the last alone.
    heif_error warning;
    heif_image_get_decoding_warnings(out, count - 1, &warning, 1);
    source.Note("damaged", fmt::format("{} is damaged: {}", source.name, Quoted(warning.message)), kDamagedHint);
  }
  return image;
}

}  // namespace fcn

#else

namespace fcn {

Image DecodeHeif(const Source& source) {
  throw Error(ErrorCode::kUnsupported, source.name + " is a HEIC or AVIF, which this build of fcn does not read",
              "Install libheif and libde265 (Debian: libheif-dev, libde265-dev) and build fcn again, or save the "
              "picture as a PNG or JPEG.");
}

}  // namespace fcn

#endif
