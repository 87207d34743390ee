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

/// Of labels that have those classes by themselves. Throws Error(kUsage) where the options contradict these: classes
/// that the data set does not have, or names of which a published set has some, another number of colours, a map to no
/// class.
DatasetClasses ChooseClasses(const DatasetOptions& options, const KnownClasses& known);

/// Of each head: the first one's as the options say, the others' as their class files and maps do. Throws as
/// ChooseClasses does, and Error(kInput) for a head without a class file.
std::vector<DatasetClasses> ChooseHeads(const DatasetOptions& options, const Listing& listing);

}  // namespace fcn
