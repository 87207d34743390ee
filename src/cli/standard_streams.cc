#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace fcn::cli {
void OpenStandardStreams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest number that is free is this one. Without /dev/null anything that takes the number will do.
    const int mode = descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", mode) < 0) open("/", O_RDONLY | O_DIRECTORY);
  }
}

}  // namespace fcn::cli
