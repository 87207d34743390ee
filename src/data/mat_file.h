#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "data/label_reader.h"

/// Label maps in MATLAB's files, as SBD, NYUDv2, SIFT Flow and PASCAL-Context have them. Files of version 5, which
/// MATLAB 5 to 7 (`save -v6`, `-v7`), Octave and SciPy write, packed or not, of either order of bytes; those of
/// version 7.3, which are HDF5, are refused. After "MAT-File Format" of the MathWorks, chapter "Level 5". Nothing in a
/// file is nested deeper than this looks: a variable, or a field of a variable; the rest is skipped by its size.
namespace fcn {

/// Whether a file begins as one of version 5 or 7.3.
bool IsMat(std::span<const uint8_t> bytes);

/// The label map of a file: GTcls.Segmentation, LabelMap, S or segmentation, whichever comes first; else the only
/// matrix of more than one number. −1, which stands for no class, is the stored value 65535. Throws Error(kInput) for a
/// corrupt file, where there is no such matrix or several, and for what is no whole number from −1 to 65535;
/// Error(kUnsupported) for version 7.3; Error(kMemory) for more pixels than `options` allow.
StoredLabels DecodeMat(std::span<const uint8_t> bytes, const std::string& name, const ReadImageOptions& options);

/// Width and height of that label map, without reading it; zeros where it is not found in the first megabyte, or where
/// DecodeMat would refuse so many pixels.
std::pair<int, int> MatSize(const std::filesystem::path& path, const ReadImageOptions& options);

}  // namespace fcn
