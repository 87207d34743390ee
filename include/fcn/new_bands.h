#pragma once

#include <string_view>

#include "fcn/export.h"

namespace fcn {

/// How a first layer begins for bands of which its weights, for red, green and blue, know nothing.
enum class NewBands {
  kMean,    ///< each as the mean over the three
  kRepeat,  ///< as the three in turn
  kZeros,   ///< with zeros: the network answers at first as if they were not there
};

/// "mean", "repeat", "zeros".
FCN_API std::string_view NewBandsName(NewBands mode);
/// Throws Error(kUsage) that names all of them for another text.
FCN_API NewBands NewBandsFromText(std::string_view text);

}  // namespace fcn
