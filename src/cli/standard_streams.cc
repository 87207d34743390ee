#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace fcn::cli {
void OpenStandardStreams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest number that is free is this one. Without /dev/null anything that takes the number will do: writing
    // then fails.
    if (open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0) open("/", O_RDONLY | O_DIRECTORY);
  }
}

}  // namespace fcn::cli
