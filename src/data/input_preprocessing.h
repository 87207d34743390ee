#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/preprocessing.h"

namespace fcn {

/// How each input's pictures are prepared, from a text: a preprocessing (PreprocessingFromText) for a single input, or
/// "NAME=TEXT;NAME=TEXT" for those that are named. "measured", and inputs of bands that are not named, are none: mean
/// and deviation are to be measured (MeasuredPreprocessing). Pictures in colour that are not named get `colour`.
/// Throws Error(kUsage) for texts of other forms, names of no input, and a preprocessing of pictures in colour for an
/// input of bands, or the reverse.
std::vector<std::optional<Preprocessing>> ParsePreprocessings(const std::string& text,
                                                              std::span<const InputInfo> inputs,
                                                              const Preprocessing& colour);

/// The reverse, where all are known: the text alone for one input.
std::string PreprocessingsText(std::span<const Preprocessing> preprocessings, std::span<const InputInfo> inputs);

}  // namespace fcn
