#pragma once

#include <memory>

#include "fcn/model.h"
#include "models/model.h"

namespace fcn {

/// What stands behind a Model, for the library's own handles.
struct ModelAccess {
  /// Lasts as long as any copy of the handle, or of what is given here.
  static const std::shared_ptr<const ModelContents>& ContentsOf(const Model& model);
  static Model Make(ModelContents contents);
};

}  // namespace fcn
