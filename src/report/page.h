#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcn/image.h"
#include "image/resize.h"

/// What the pages have in common. Text is escaped, unless it is called HTML.
namespace fcn {

/// The sides that pictures are shrunk to, where they are longer: what a sharp screen shows of them in the page.
inline constexpr int kMostPhotoSide = 1400, kMostRowSide = 720;

/// The same shape with no side longer than `most_side`.
Size ShrunkSize(Size size, int most_side);
Image Shrunk(const Image& image, int most_side);

/// All before the first section: the title, and a sentence or two below it where there are any.
std::string PageStart(const std::string& title, const std::string& lead, std::string_view style);
/// All behind the last section: names and values.
std::string PageEnd(std::span<const std::pair<std::string, std::string>> facts);

/// A picture that `uri` holds.
std::string ImageTag(const std::string& uri, const Image& image, const std::string& alt);
/// `img` is HTML.
std::string Figure(const std::string& img, const std::string& caption);
/// A small square of that colour.
std::string Swatch(Colour colour);
/// "71.2 %", or "–" for what is no number.
std::string Percent(double share);

}  // namespace fcn
