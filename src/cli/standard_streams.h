#pragma once

#include <string>

namespace fcn::cli {

/// Opens /dev/null for standard input, output and error where they are closed, so that no file that is opened later
/// takes their number and receives what is printed. What is written to them is lost, as their closing asked for.
void OpenStandardStreams();

/// Prints on standard output. Whether it arrived is asked at the end, once for all.
void Print(const std::string& text);

/// Flushes standard output. The cause where anything that was printed is lost: a full disk, a reader that went away.
/// Empty where all is well.
std::string FlushStandardOutput();

}  // namespace fcn::cli
