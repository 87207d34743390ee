#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fcn/model.h"
#include "models/model.h"

namespace fcn {

/// What stands behind a Model, for the library's own handles.
struct ModelAccess {
  /// Lasts as long as any copy of the handle, or of what is given here.
  static const std::shared_ptr<const ModelContents>& ContentsOf(const Model& model);
  /// What messages call it: the file that it is from.
  static const std::string& PlaceOf(const Model& model);
  /// `where` is what messages call it; empty: its name.
  static Model Make(ModelContents contents, const std::string& where = {});
  /// A network's model before it has weights, and before it is checked.
  static ModelContents WithoutWeights(const Network& network, const std::vector<ModelInput>& inputs,
                                      const std::vector<ModelHead>& heads);
};

}  // namespace fcn
