// A plugin for libheif (libheif/heif_plugin.h) around libde265.
#include "image/hevc.h"

#ifdef FCN_HEIF

#include <libde265/de265.h>
#include <libheif/heif.h>
#include <libheif/heif_plugin.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>

namespace fcn {
namespace {

constexpr heif_error kOk = {heif_error_Ok, heif_suberror_Unspecified, "Success"};

constexpr heif_error Failed(const char* why) {
  return {heif_error_Decoder_plugin_error, heif_suberror_Unspecified, why};
}

struct Free {
  void operator()(de265_decoder_context* context) const { de265_free_decoder(context); }
  void operator()(heif_image* image) const { heif_image_release(image); }
  void operator()(heif_color_profile_nclx* colours) const { heif_nclx_color_profile_free(colours); }
};

/// One for each coded picture: a tile, or all of it.
struct Decoder {
  std::unique_ptr<de265_decoder_context, Free> context{de265_new_decoder()};
  bool strict = false;
};
Decoder& DecoderOf(void* decoder) { return *static_cast<Decoder*>(decoder); }

heif_error NewDecoder(void** decoder) {
  std::unique_ptr<Decoder> made(new (std::nothrow) Decoder);
  if (!made || !made->context) return {heif_error_Memory_allocation_error, heif_suberror_Unspecified, "no memory"};
  *decoder = made.release();
  return kOk;
}

/// Units of the bit stream (NAL), each behind four bytes of its length.
heif_error PushUnits(void* decoder, const void* data, size_t size) {
  constexpr size_t kLengthBytes = 4;
  std::span rest(static_cast<const uint8_t*>(data), size);
  while (!rest.empty()) {
    if (rest.size() < kLengthBytes) return Failed("the coded picture ends too early");
    const uint32_t length = uint32_t{rest[0]} << 24 | uint32_t{rest[1]} << 16 | uint32_t{rest[2]} << 8 | rest[3];
    rest = rest.subspan(kLengthBytes);
    if (length > rest.size()) return Failed("the coded picture ends too early");
    const de265_error error =
        de265_push_NAL(DecoderOf(decoder).context.get(), rest.data(), static_cast<int>(length), 0, nullptr);
    if (!de265_isOK(error)) return Failed(de265_get_error_text(error));
    rest = rest.subspan(length);
  }
  return kOk;
}

heif_error CopyPlane(const de265_image* from, int plane, heif_channel channel, heif_image* to) {
  const int width = de265_get_image_width(from, plane), height = de265_get_image_height(from, plane);
  const int bits = de265_get_bits_per_pixel(from, plane);
  if (width <= 0 || height <= 0) return Failed("the coded picture is empty");
  if (bits != de265_get_bits_per_pixel(from, 0)) return Failed("its brightness and its colours differ in bits");
  if (const heif_error error = heif_image_add_plane(to, channel, width, height, bits); error.code != heif_error_Ok)
    return error;
  int from_stride = 0, to_stride = 0;
  const uint8_t* source = de265_get_image_plane(from, plane, &from_stride);
  uint8_t* target = heif_image_get_plane(to, channel, &to_stride);
  const size_t row_bytes = static_cast<size_t>(width) * (bits > 8 ? 2 : 1);
  for (int64_t y = 0; y < height; y++) std::memcpy(target + y * to_stride, source + y * from_stride, row_bytes);
  return kOk;
}

/// What the bit stream says of its colours. What libheif does not know is a warning, or in strict decoding an error.
heif_error CopyColours(const de265_image* from, bool strict, heif_image* to) {
  const std::unique_ptr<heif_color_profile_nclx, Free> colours(heif_nclx_color_profile_alloc());
  if (!colours) return {heif_error_Memory_allocation_error, heif_suberror_Unspecified, "no memory"};
  const auto number = [](int value) { return static_cast<uint16_t>(value); };
  for (const heif_error& error :
       {heif_nclx_color_profile_set_color_primaries(colours.get(), number(de265_get_image_colour_primaries(from))),
        heif_nclx_color_profile_set_transfer_characteristics(colours.get(),
                                                             number(de265_get_image_transfer_characteristics(from))),
        heif_nclx_color_profile_set_matrix_coefficients(colours.get(),
                                                        number(de265_get_image_matrix_coefficients(from)))}) {
    if (error.code == heif_error_Ok) continue;
    if (strict) return error;
    heif_image_add_decoding_warning(to, error);
  }
  colours->full_range_flag = static_cast<uint8_t>(de265_get_image_full_range_flag(from) != 0);
  return heif_image_set_nclx_color_profile(to, colours.get());
}

heif_error Copy(const de265_image* from, bool strict, heif_image** out) {
  // Both libraries number the kinds of chroma as the standard does.
  const auto chroma = static_cast<heif_chroma>(de265_get_chroma_format(from));
  const bool grey = chroma == heif_chroma_monochrome;
  heif_image* made = nullptr;
  heif_error error = heif_image_create(de265_get_image_width(from, 0), de265_get_image_height(from, 0),
                                       grey ? heif_colorspace_monochrome : heif_colorspace_YCbCr, chroma, &made);
  if (error.code != heif_error_Ok) return error;
  std::unique_ptr<heif_image, Free> to(made);
  constexpr heif_channel kChannels[] = {heif_channel_Y, heif_channel_Cb, heif_channel_Cr};
  for (int plane = 0; plane < (grey ? 1 : 3) && error.code == heif_error_Ok; plane++)
    error = CopyPlane(from, plane, kChannels[plane], to.get());
  if (error.code == heif_error_Ok) error = CopyColours(from, strict, to.get());
  if (error.code == heif_error_Ok) *out = to.release();
  return error;
}

/// The last picture that the stream has; one that was decoded before the stream breaks counts.
heif_error Decode(void* decoder, heif_image** out) {
  de265_decoder_context* context = DecoderOf(decoder).context.get();
  *out = nullptr;
  std::unique_ptr<heif_image, Free> last;
  de265_error decoded = de265_flush_data(context);
  for (int more = 1; more != 0 && decoded == DE265_OK;) {
    more = 0;
    decoded = de265_decode(context, &more);
    if (decoded != DE265_OK) break;
    const de265_image* picture = de265_get_next_picture(context);
    if (picture == nullptr) continue;
    heif_image* copy = nullptr;
    const heif_error error = Copy(picture, DecoderOf(decoder).strict, &copy);
    de265_release_next_picture(context);
    if (error.code != heif_error_Ok) return error;
    last.reset(copy);
  }
  if (!last) return Failed(decoded == DE265_OK ? "there is no picture" : de265_get_error_text(decoded));
  *out = last.release();
  return kOk;
}

const heif_decoder_plugin& Plugin() {
  static const heif_decoder_plugin plugin = [] {
    heif_decoder_plugin it{};
    it.plugin_api_version = 3;
    it.get_plugin_name = [] { return "libde265 without threads"; };
    it.init_plugin = [] { de265_init(); };
    it.deinit_plugin = [] { de265_free(); };
    it.does_support_format = [](heif_compression_format format) {
      constexpr int kBeforeOthers = 1000;  // libheif's have 100
      return format == heif_compression_HEVC ? kBeforeOthers : 0;
    };
    it.new_decoder = NewDecoder;
    it.free_decoder = [](void* decoder) { delete &DecoderOf(decoder); };
    it.push_data = PushUnits;
    it.decode_image = Decode;
    it.set_strict_decoding = [](void* decoder, int strict) { DecoderOf(decoder).strict = strict != 0; };
    it.id_name = "fcn-libde265";
    return it;
  }();
  return plugin;
}

}  // namespace

void DecodeHevcWithoutThreads() {
  [[maybe_unused]] static const heif_error registered = heif_register_decoder_plugin(&Plugin());
}

}  // namespace fcn

#endif
