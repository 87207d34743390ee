#pragma once

namespace fcn::cli {

/// Opens /dev/null for standard input, output and error where they are closed, so that no file that is opened later
/// takes their number and receives what is printed. What is written to them is lost, as their closing asked for.
void OpenStandardStreams();

}  // namespace fcn::cli
