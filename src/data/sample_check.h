#pragma once

#include "fcn/dataset.h"

namespace fcn {

/// Throws Error(kInput) where a sample is not what its data set says: inputs and labels for each input and head, all of
/// one size with that many samples, and classes alone in the labels. Data sets of a user's own may be wrong.
void CheckSample(const Sample& sample, const Dataset& dataset);

}  // namespace fcn
