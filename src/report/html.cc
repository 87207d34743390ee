#include "report/html.h"

#include <fmt/format.h>
#include <webp/encode.h>

#include <memory>

#include "base/check.h"
#include "fcn/error.h"
#include "fcn/png.h"
#include "fcn/text.h"

namespace fcn {

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : Printable(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += c;
  }
  return out;
}

std::string Base64(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; j++) bits = bits << 8 | (j < count ? bytes[i + j] : 0u);
    for (size_t j = 0; j < 4; j++) out += j <= count ? kDigits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::string PhotoUri(const Image& image, float quality) {
  FCN_CHECK(image.width > 0 && image.height > 0);
  uint8_t* encoded = nullptr;
  const size_t size = WebPEncodeRGB(image.rgb.data(), image.width, image.height, image.width * 3, quality, &encoded);
  const std::unique_ptr<uint8_t, void (*)(void*)> owner(encoded, WebPFree);
  if (size == 0)
    throw Error(ErrorCode::kMemory,
                fmt::format("a picture of {}x{} cannot be put into a page as WebP", image.width, image.height),
                "Make it smaller, or use a machine with more memory.");
  return "data:image/webp;base64," + Base64({encoded, size});
}

std::string FlatUri(const Image& image) { return "data:image/png;base64," + Base64(EncodeRgbPng(image)); }

std::string Hex(Colour colour) { return fmt::format("#{:02x}{:02x}{:02x}", colour.r, colour.g, colour.b); }

}  // namespace fcn
