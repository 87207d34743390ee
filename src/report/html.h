#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "fcn/image.h"

namespace fcn {

/// Text for use in HTML and SVG, between tags as in attributes with double quotes: & < > " ' are escaped, control
/// characters but tab and newline become spaces, and bytes that are no UTF-8 become U+FFFD.
std::string EscapeHtml(std::string_view text);

/// RFC 4648, with padding.
std::string Base64(std::span<const uint8_t> bytes);

/// A picture as a URI that holds it, `quality` from 0 to 100: WebP, of the quality that a photograph needs. Throws
/// Error(kMemory).
std::string PhotoUri(const Image& image, float quality = 88);

/// A picture of flat colours as a URI: PNG, without losses.
std::string FlatUri(const Image& image);

/// "#rrggbb".
std::string Hex(Colour colour);

}  // namespace fcn
