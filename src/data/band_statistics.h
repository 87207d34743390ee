#pragma once

#include <optional>
#include <vector>

#include "base/context.h"
#include "fcn/dataset.h"
#include "fcn/dataset_check.h"
#include "fcn/function_ref.h"
#include "fcn/preprocessing.h"

namespace fcn {

/// A value that looks as if it stood for samples that are missing: the least or the most of a band, far from all
/// others, and a usual mark such as −9999 or huge.
std::optional<double> MissingMark(const BandStatistics& band);

/// Of each band of a picture.
std::vector<BandStatistics> MeasureBands(const Raster& raster);

/// Of a whole data set; only inputs of which `wanted` has true, the others stay without bands. `progress` is called
/// with the samples done, from one thread at a time; what it throws ends the reading. Throws as Dataset::Get does, and
/// Error(kInput) where an input's pictures have several types.
std::vector<InputReport> MeasureInputs(const Dataset& dataset, const std::vector<bool>& wanted, const Context& context,
                                       FunctionRef<void(size_t done)> progress);

/// Subtracts the mean and divides by the deviation that were found. Integers count as 0 to 1, or 0 to 255 for pictures
/// in colour; a band that is constant is divided by 1. Throws Error(kInput) where these are no numbers that a network
/// can compute with.
Preprocessing MeasuredPreprocessing(const InputReport& report);

}  // namespace fcn
