#pragma once

#include <CLI/App.hpp>
#include <string>

namespace fcn::cli {

/// What was wrong with a command line, in a sentence.
std::string UsageMessage(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv);

/// The nearest verb or flag to the first word that is neither, or where to find help.
std::string UsageHint(const CLI::App& app, int argc, const char* const* argv);

}  // namespace fcn::cli
