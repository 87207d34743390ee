#pragma once

#include <span>
#include <string>
#include <string_view>

#include "models/ports.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// How a first layer begins for bands of which its weights, for red, green and blue, know nothing.
enum class NewBands {
  kMean,    ///< each as the mean over the three
  kRepeat,  ///< as the three in turn
  kZeros,   ///< with zeros: the network answers at first as if they were not there
};

inline constexpr int kColourBands = 3;

/// "mean", "repeat", "zeros".
std::string_view NewBandsName(NewBands mode);
/// Throws Error(kUsage) that names all of them for another text.
NewBands NewBandsFromText(std::string_view text);

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
