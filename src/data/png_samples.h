#pragma once

#include <spng.h>

#include <cstdint>
#include <vector>

#include "base/check.h"
#include "fcn/image.h"

namespace fcn::test {

/// A PNG of any colour type and bit depth, which our own writers do not make. `packed` are the rows as PNG stores them
/// (16-bit samples in this machine's byte order).
inline std::vector<uint8_t> MakePng(int width, int height, int colour_type, int bit_depth,
                                    const std::vector<uint8_t>& packed, const std::vector<Colour>& palette = {}) {
  spng_ctx* codec = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(codec, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header = {};
  header.width = static_cast<uint32_t>(width), header.height = static_cast<uint32_t>(height);
  header.color_type = static_cast<uint8_t>(colour_type), header.bit_depth = static_cast<uint8_t>(bit_depth);
  FCN_CHECK(spng_set_ihdr(codec, &header) == 0);
  if (!palette.empty()) {
    spng_plte entries = {};
    entries.n_entries = static_cast<uint32_t>(palette.size());
    for (size_t i = 0; i < palette.size(); i++)
      entries.entries[i].red = palette[i].r, entries.entries[i].green = palette[i].g,
      entries.entries[i].blue = palette[i].b;
    FCN_CHECK(spng_set_plte(codec, &entries) == 0);
  }
  FCN_CHECK(spng_encode_image(codec, packed.data(), packed.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE) == 0);
  size_t size = 0;
  int error = 0;
  auto* buffer = static_cast<uint8_t*>(spng_get_png_buffer(codec, &size, &error));
  FCN_CHECK(buffer != nullptr);
  std::vector<uint8_t> bytes(buffer, buffer + size);
  std::free(buffer);
  spng_ctx_free(codec);
  return bytes;
}

}  // namespace fcn::test
