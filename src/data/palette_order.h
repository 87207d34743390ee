#pragma once

#include <string>

#include "data/label_reader.h"

namespace fcn {

/// What is wrong with palette labels whose colours contradict their indices, for people; empty where nothing is. They
/// do where all entries that are used have colours that were given to classes, and one has that of another class than
/// its index means: image editors save RGB labels so, with a palette in an order of their own. Palettes of at least 16
/// colours that are PASCAL VOC's or greys tell nothing, since they are there to look at.
std::string ContradictingPalette(const StoredLabels& stored, const ValueCounts& counts, const LabelCoding& coding,
                                 const std::string& name);

}  // namespace fcn
