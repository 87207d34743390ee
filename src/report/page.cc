#include "report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/context.h"
#include "fcn/version.h"
#include "report/html.h"

namespace fcn {

Size ShrunkSize(Size size, int most_side) {
  const int longer = std::max(size.width, size.height);
  if (longer <= most_side) return size;
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(static_cast<int64_t>(side) * most_side / longer));
  };
  return {scaled(size.width), scaled(size.height)};
}

Image Shrunk(const Image& image, int most_side) {
  const Size from = {image.width, image.height}, to = ShrunkSize(from, most_side);
  return to == from ? image : ResizeBilinear(image, to.width, to.height, Context(1));
}

std::string PageStart(const std::string& title, const std::string& lead, std::string_view style) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<main>\n<header>\n<h1>{}</h1>\n",
      EscapeHtml(title), style, EscapeHtml(title));
  if (!lead.empty()) html += fmt::format("<p class=\"lead\">{}</p>\n", EscapeHtml(lead));
  return html + "</header>\n";
}

std::string PageEnd(std::span<const std::pair<std::string, std::string>> facts) {
  std::string html = "</main>\n<footer>\n";
  if (!facts.empty()) {
    html += "<dl>\n";
    for (const auto& [name, value] : facts)
      html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", EscapeHtml(name), EscapeHtml(value));
    html += "</dl>\n";
  }
  return html +
         fmt::format("<p>Made by fcn {}. Everything on this page is inside this one file.</p>\n</footer>\n",
                     EscapeHtml(Version())) +
         "</body>\n</html>\n";
}

std::string ImageTag(const std::string& uri, const Image& image, const std::string& alt) {
  return fmt::format(R"(<img src="{}" width="{}" height="{}" alt="{}">)", uri, image.width, image.height,
                     EscapeHtml(alt));
}

std::string Figure(const std::string& img, const std::string& caption) {
  return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", img, EscapeHtml(caption));
}

std::string Swatch(Colour colour) {
  return fmt::format(R"(<span class="swatch" style="background:{}"></span>)", Hex(colour));
}

std::string Percent(double share) { return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "–"; }

}  // namespace fcn
