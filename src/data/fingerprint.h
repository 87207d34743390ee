#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/context.h"
#include "fcn/dataset.h"
#include "fcn/function_ref.h"

namespace fcn {

/// What tells whether a data set is the one that it was: the lower halves of XXH3 hashes of 64 bits.
struct DataFingerprint {
  uint32_t meaning = 0;           ///< of the classes and what stored labels mean for them
  std::vector<uint32_t> samples;  ///< of each sample: its name, and the bytes of its files
};

/// Of each file its size, its first and its last bytes count: so much is read in a moment, and the checksums at the end
/// of a PNG, or where the data of a JPEG end, change with everything before them. What differs in the middle of a file
/// of the same size without checksums (BMP, TIFF) alone goes unnoticed. Folders and times do not count. Throws as
/// ListDataset and ChooseClasses do, and Error(kIo) that names a file that is there and cannot be read. One that is
/// missing, or no regular file, counts as such: the check of the data says it. `progress` is called with the samples
/// done, from one thread at a time; what it throws ends the reading.
DataFingerprint FingerprintData(const DatasetOptions& options, const Context& context,
                                FunctionRef<void(size_t done)> progress);

/// Of a data set that is not known to be files: the names of its samples and of its classes count, and nothing is read.
DataFingerprint FingerprintNames(const Dataset& dataset);

/// Eight hexadecimal digits for each number, meaning first.
std::string PrintFingerprint(const DataFingerprint& fingerprint);
/// The reverse. False for anything else.
bool ParseFingerprint(const std::string& text, DataFingerprint& fingerprint);

}  // namespace fcn
