#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/ports.h"
#include "models/zoo.h"
#include "tensor/shape.h"

namespace fcn {

/// A parameter of a network as an import looks for it.
struct WantedParameter {
  std::string name;
  Shape shape;                      ///< for one class in each head
  std::vector<bool> is_classes;     ///< by dimension: whether it is the number of classes
  size_t head = 0;                  ///< of its layer, where that is of one
  std::vector<size_t> inputs = {};  ///< of the weight of a first layer: those whose bands are its second dimension
  bool may_be_new = false;          ///< of a layer that the classifier lacks, which the network is made from
  /// Of a layer, not of scores, whose channels were chosen (NetworkForm::fc_channels): a file may lack it, too, or have
  /// it with others.
  bool is_of_chosen_channels = false;
  bool begins_anew = false;  ///< whatever the file has (MarkNewLayers)

  /// For so many classes.
  Shape ShapeFor(int64_t classes) const;
  bool depends_on_classes() const;
  /// Whether a tensor of this shape can be viewed as it, for any number of classes; or IsColourLayer.
  bool Fits(const Shape& from) const;
  /// Whether that is a first layer's weight for three bands, where it is for others (AdaptFirstLayer).
  bool IsColourLayer(const Shape& from) const;
};

/// The most classes that a network may have: what a label image can hold.
inline constexpr int64_t kMaxClasses = 65535;

/// Those of a network that is built for these inputs and heads, of however many scores.
std::vector<WantedParameter> WantedParameters(const ZooEntry& entry, Ports ports);
/// The same for the picture that it takes, and one head.
inline std::vector<WantedParameter> WantedParameters(const ZooEntry& entry) {
  return WantedParameters(entry, entry.ports(1));
}

/// Marks those whose names begin with one of these as parameters that begin anew. Throws Error(kUsage) where a
/// beginning is that of none, or all begin anew.
void MarkNewLayers(const std::vector<std::string>& beginnings, std::vector<WantedParameter>& wanted);

}  // namespace fcn
