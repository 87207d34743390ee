#pragma once

#include <CLI/App.hpp>
#include <memory>

#include "cli/verbs.h"

namespace fcn::cli {

/// The whole command line: every verb with its flags. Parsing fills `common` and leaves in `run` what is to be done;
/// both must outlive it.
std::unique_ptr<CLI::App> MakeProgram(CommonOptions& common, Run& run);

}  // namespace fcn::cli
