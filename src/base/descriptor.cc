#include "base/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file_error.h"

namespace fcn {

// O_NONBLOCK: opening a pipe would wait for a writer; regular files do not care.
Descriptor::Descriptor(const std::filesystem::path& path)
    : Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), path) {}

Descriptor::Descriptor(int opened, const std::filesystem::path& path) : value_(opened) {
  if (value_ < 0) ThrowFileError("open", path, errno);
}

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

int Descriptor::Release() { return std::exchange(value_, -1); }

bool IsNameOf(int descriptor, const std::filesystem::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

}  // namespace fcn
