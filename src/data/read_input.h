#pragma once

#include <string>

namespace fcn {

/// "a.jpg has 8x6 pixels, but its labels a.png have 8x7". `what` is "labels", or an input's name.
std::string SizeMismatch(const std::string& image, int width, int height, const std::string& what,
                         const std::string& other, int other_width, int other_height);

}  // namespace fcn
