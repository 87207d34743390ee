#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/zoo.h"
#include "tensor/shape.h"

namespace fcn {

/// A parameter of a network as an import looks for it.
struct WantedParameter {
  std::string name;
  Shape shape;                   ///< for one class
  std::vector<bool> is_classes;  ///< by dimension: whether it is the number of classes
  bool may_be_new = false;       ///< of a layer that the classifier lacks, which the network is made from

  /// For so many classes.
  Shape ShapeFor(int64_t classes) const;
  bool depends_on_classes() const;
  /// Whether a tensor of this shape can be viewed as it, for any number of classes.
  bool Fits(const Shape& from) const;
};

/// The most classes that a network may have: what a label image can hold.
inline constexpr int64_t kMaxClasses = 65535;

std::vector<WantedParameter> WantedParameters(const ZooEntry& entry);

}  // namespace fcn
