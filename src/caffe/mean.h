#pragma once

#include <filesystem>

#include "caffe/network.h"

namespace fcn {

/// Reads the mean files of a network's inputs, from the folder of its prototxt or the current one, into their
/// preprocessing: the mean of each band. Notes what is lost. Throws as ReadCaffeMean does, and Error(kIo) where one is
/// not there, Error(kInput) where it has other bands.
void ReadCaffeMeans(const std::filesystem::path& prototxt, CaffeNetwork& network);

}  // namespace fcn
