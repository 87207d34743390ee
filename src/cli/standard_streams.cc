#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace fcn::cli {
namespace {

int lost = 0;  // the cause of the first write that failed

}  // namespace

void OpenStandardStreams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest number that is free is this one. Without /dev/null anything that takes the number will do: writing
    // then fails.
    if (open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0) open("/", O_RDONLY | O_DIRECTORY);
  }
}

void Print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && lost == 0) lost = errno;
}

std::string FlushStandardOutput() {
  if (std::fflush(stdout) != 0 && lost == 0) lost = errno;
  if (lost != 0) return std::strerror(lost);
  return std::ferror(stdout) == 0 ? "" : "a write failed";
}

}  // namespace fcn::cli
