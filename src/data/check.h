#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "data/band_statistics.h"
#include "data/class_frequencies.h"
#include "data/label_reader.h"
#include "data/listing.h"
#include "fcn/function_ref.h"

namespace fcn {

/// What was found in all labels of a head.
struct HeadReport {
  std::string name = {};
  std::vector<std::string> classes = {};
  std::string classes_from = {};  ///< who names them: a file, "PASCAL VOC", "CamVid" or "--classes"
  ClassFrequencies frequencies{0};
  int64_t ignored_pixels = 0, unknown_pixels = 0;
  ValueCounts values = {};   ///< of labels that are indices
  ValueCounts colours = {};  ///< of labels that are colours
};

/// All that is known of a data set after every file was read.
struct DatasetReport {
  std::string kind = {};
  size_t samples = 0;                                 ///< with all files there
  std::vector<Finding> findings = {};                 ///< what is wrong, file by file, then of the set as a whole
  size_t uncounted = 0;                               ///< samples that lack a file, or of which one cannot be read
  size_t errors = 0;                                  ///< findings that training would stop at: those with is_error
  std::map<std::pair<int, int>, int64_t> sizes = {};  ///< pictures by width and height
  std::vector<InputReport> inputs = {};
  std::vector<HeadReport> heads = {};
};

/// Reads every picture and label of a data set and does not stop at what is wrong: missing partners (both ways), files
/// that cannot be read, sizes, bands and types that differ, labels with losses, values that mean no class (file, first
/// pixel, a guess at the mistake), palettes whose colours are other classes' than their indices, and what only the
/// whole set shows: nothing that counts, or one class only, so that there is nothing to learn; binary masks whose 255
/// would be ignored; classes that never occur; bands that are constant, or of floats with a value that seems to stand
/// for missing ones. What reading a picture notes is a finding that
/// is no error. `progress` is called with the samples done, from one thread at a time; what it throws ends the check.
/// Pictures are read side by side as far as `memory` bytes go, and large ones alone; 0: an eighth of the machine's.
/// Throws as ListDataset and ChooseHeads do, and Error(kCancelled).
DatasetReport CheckDataset(const DatasetOptions& options, const Context& context,
                           FunctionRef<void(size_t done)> progress, int64_t memory = 0);

}  // namespace fcn
