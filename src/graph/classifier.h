#pragma once

#include "graph/by_value.h"

namespace fcn {

/// Whether a network gives one row of scores for a whole picture, whatever its size: its first output comes from a
/// fully connected layer or from the mean of a whole map. One that is somewhere inside, or beside that output, as the
/// pooling of a squeeze-and-excite is, decides nothing; nor does what the network is called or how its pictures are
/// prepared.
bool IsClassifier(const Graph& graph);

/// The values of one pixel, whatever the picture's size.
ByValue<bool> RowsOf(const Graph& graph);

}  // namespace fcn
