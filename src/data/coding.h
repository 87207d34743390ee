#pragma once

#include "data/label_reader.h"
#include "data/listing.h"

namespace fcn {

/// The classes that are wanted of a data set, and what its stored labels mean for them.
struct DatasetClasses {
  std::vector<std::string> names;
  std::string from;  ///< who names them: a file, "PASCAL VOC", "CamVid" or "--classes"
  std::vector<Colour> palette;
  LabelCoding coding;
};

/// Throws Error(kUsage) where options and listing contradict each other: classes that the data set does not have,
/// or names of which a published set has some, another number of colours, a map to no class.
DatasetClasses ChooseClasses(const DatasetOptions& options, const Listing& listing);

}  // namespace fcn
