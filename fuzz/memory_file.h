#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "target.h"

namespace fcn::fuzz {

/// Bytes as a file in memory, for what opens files by their path. Gone with this.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    Require(file_ >= 0 && write(file_, data, size) == static_cast<ssize_t>(size), "a file in memory is written");
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

}  // namespace fcn::fuzz
