#pragma once

#include "caffe/network.h"
#include "models/import.h"

namespace fcn {

/// A model of a net (NetworkOfCaffe with the same weights) with the blobs of a file, which belong to its layers by
/// their names, as in Caffe: in their parameter's shape, or one that can be viewed in it. What the file lacks begins as
/// its layer says, else as InitialParameter has it; it is in the report's `initialised`. Where the options name no
/// classes, 1000 scores are ImageNet's and 21 VOC's; others are called "class 0", …
///
/// Throws Error(kInput) naming the file where it has none of the weights, or one of another shape, unless a new head is
/// asked for; and as ImportByName does.
Imported ImportCaffe(const CaffeNetwork& network, const CaffeNet& weights, const ImportOptions& options);

}  // namespace fcn
