#pragma once

namespace fcn::cli {

/// Makes errors that reach nobody as an exception end the program as others do: a message with a remedy, as JSON too
/// where `json` says so by then, and exit code 1. These are:
/// - SIGBUS while a mapped file of weights is read (MappedPathAt), which others have cut short;
/// - no memory left while an exception for want of memory is on its way (nlohmann's JSON allocates when it is
///   destroyed), which ends a program through std::terminate.
/// Anything else ends it as before. `json` must outlive the program's work.
void HandleFatalErrors(const bool& json);

}  // namespace fcn::cli
