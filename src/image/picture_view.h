#pragma once

#include <string>

#include "fcn/picture_view.h"

namespace fcn {

/// Throws as CopyOf does; `what` is what messages call it.
void CheckView(const PictureView& view, const std::string& what);

}  // namespace fcn
