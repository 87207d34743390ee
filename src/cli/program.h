#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/verbs.h"

namespace fcn::cli {

/// The whole command line: every verb with its flags. Parsing fills `common` and leaves in `run` what is to be done;
/// both must outlive it.
std::unique_ptr<CLI::App> MakeProgram(CommonOptions& common, Run& run);

/// The words of a command line as CLI::App::parse takes them: without the program's name, the last first. "--flag=" is
/// the flag with an empty value, for which CLI11 alone would take the next word.
std::vector<std::string> WordsOf(int argc, const char* const* argv);

}  // namespace fcn::cli
