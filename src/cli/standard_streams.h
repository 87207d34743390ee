#pragma once

namespace fcn::cli {

/// Opens /dev/null for standard input, output and error where they are closed, so that no file that is opened later
/// takes their number and receives what is printed. Messages are lost then, as their closing asked for; what goes to
/// standard output is what the program was run for, so writing it fails, as on a full disk.
void OpenStandardStreams();

}  // namespace fcn::cli
