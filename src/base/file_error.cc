#include "base/file_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "fcn/error.h"

namespace fcn {
namespace {

const char* HintFor(int cause) {
  switch (cause) {
    case ENOENT:
    case ELOOP:
    case ENOTDIR:
    case EISDIR:
      return "Check the path.";
    case EACCES:
    case EPERM:
      return "Check the permissions.";
    case EROFS:
      return "Choose a folder that can be written to.";
    case ENAMETOOLONG:
      return "Use a shorter name.";
    case ENOSPC:
    case EDQUOT:
      return "Free some space; nothing was left half-written.";
    case EFBIG:
      return "Raise the limit of files' sizes (ulimit -f), or choose a file system that takes larger files; "
             "nothing was left half-written.";
    case EMFILE:
    case ENFILE:
      return "Raise the limit of open files (ulimit -n).";
    case EBUSY:
    case EXDEV:
      return "Something is mounted there; choose another name.";
    case EIO:
      return "Look at the disk or the network behind it: it reports errors.";
    default:
      return "Check the file, its folder and the file system that they are on.";
  }
}

}  // namespace

void ThrowFileError(const char* verb, const std::filesystem::path& path, int cause) {
  // A long name is not the machine's fault: another would do.
  throw Error(cause == ENAMETOOLONG ? ErrorCode::kInput : ErrorCode::kIo,
              fmt::format("cannot {} {}: {}", verb, path.string(), std::strerror(cause)), HintFor(cause));
}

}  // namespace fcn
