#pragma once

#include <CLI/App.hpp>

#include "fcn/image.h"

namespace fcn::cli {

/// Adds --strict, --max-pixels, --sample-max, --bands, --page and --ignore-alpha, as all verbs that read pictures have
/// them. `options` must outlive the parsing.
void AddPictureOptions(CLI::App& verb, ReadImageOptions& options);

}  // namespace fcn::cli
