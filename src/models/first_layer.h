#pragma once

#include <span>
#include <string>

#include "fcn/new_bands.h"
#include "models/ports.h"
#include "tensor/named_tensors.h"

namespace fcn {

inline constexpr int kColourBands = 3;

/// A first layer's weight for these inputs, side by side, made of one for three bands (outputs × 3 × height × width).
/// The first three bands of a first input of three or more have the weights that there are, in their order; all others
/// are new. A first input of one or two bands takes the place of the three: with their mean (also where new bands are
/// zeros, which would leave nothing) or in turn, times 3 / bands, so that a grey picture answers as its copy in colour
/// does.
StoredTensor AdaptFirstLayer(const StoredTensor& colour, std::span<const InputPort> inputs, NewBands mode);

/// What a note says of how bands began, for inputs that three do not do for: "new ones began as \"zeros\"".
std::string BeginningOfBands(std::span<const InputPort> inputs, NewBands mode);

/// A first layer's weight for inputs in another order: `places` are those of the new ones among `from`, which it is
/// for.
StoredTensor InOrder(const StoredTensor& weight, std::span<const InputPort> from, std::span<const size_t> places);

}  // namespace fcn
