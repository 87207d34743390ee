#pragma once

#include <cstddef>
#include <vector>

#include "formats/caffe/net.h"

namespace fcn {

/// A top of a layer, by their places in the net and in the layer. Tops of one name are different ones where a layer
/// writes over its bottom.
struct CaffeTop {
  size_t layer = 0, top = 0;
  bool operator==(const CaffeTop&) const = default;
};

/// What each layer of a net reads, and who reads what it gives.
class CaffeWiring {
 public:
  /// Throws Error(kInput) that names the layer and its line where it reads what no layer before it gives, or gives what
  /// another gave and it does not read.
  explicit CaffeWiring(const CaffeNet& net);

  /// What layer `layer` reads, one for each of its bottoms.
  const std::vector<CaffeTop>& BottomsOf(size_t layer) const { return bottoms_[layer]; }
  /// The layers that read a top.
  const std::vector<size_t>& ReadersOf(CaffeTop top) const { return readers_[top.layer][top.top]; }
  /// Of each layer, whether one of `tops` needs it.
  std::vector<bool> NeededFor(const std::vector<CaffeTop>& tops) const;

 private:
  std::vector<std::vector<CaffeTop>> bottoms_;
  std::vector<std::vector<std::vector<size_t>>> readers_;
};

}  // namespace fcn
