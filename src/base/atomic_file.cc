#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "base/file_error.h"
#include "base/temporary.h"
#include "fcn/error.h"
#include "fcn/files.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

// Of what a path leads to; nothing where it leads to nothing.
std::optional<struct stat> StatusOf(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return status;
  if (errno != ENOENT) ThrowFileError("write", path, errno);
  return std::nullopt;
}

// What is to be written: a link stays, and what it leads to is replaced, as shells and editors do it. The kernel has
// been asked before (StatusOf): it refuses links that others laid into a folder like /tmp, and those that loop.
fs::path FollowLinks(fs::path path) {
  constexpr int kMostLinks = 40;  // as the kernel
  std::error_code error;
  for (int i = 0; i < kMostLinks; i++) {
    const fs::path next = fs::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / next;  // `next` alone where it begins at the root
  }
  return path;
}

fs::path FolderOf(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

// The name of a file that is open, even if it has none in any folder.
std::string OpenedName(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

// A file without a name: whatever ends this process, nothing is left of it. -1 where the file system has no such files,
// or /proc is missing, through which it gets its name; or where no file can be written at all.
int OpenUnnamed(const fs::path& folder, mode_t mode) {
  const int descriptor = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
  if (descriptor < 0 || ::access(OpenedName(descriptor).c_str(), F_OK) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

// Gives an unnamed file its name. False with errno EEXIST where anything has it.
bool Link(int descriptor, const fs::path& to) {
  return ::linkat(AT_FDCWD, OpenedName(descriptor).c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

// Calls make(name) with names for a temporary file until one is new.
template <typename Make>
bool MakeTemporary(const fs::path& target, fs::path& temporary, Make make) {
  constexpr int kMostTries = 1000;  // a killed process of our number may have left some
  for (int i = 0; i < kMostTries; i++) {
    temporary = TemporaryName(target, i);
    if (make(temporary)) return true;
    if (errno != EEXIST) return false;
  }
  return false;
}

// Renames, but never replaces: false with errno EEXIST where anything has the new name.
bool RenameToNew(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // Network file systems cannot do that, but most can make a second name.
  if (::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return true;
  }
  if (errno == EEXIST) return false;
  // Some that are mounted by programs can do neither: a look beforehand is the best there is.
  struct stat status {};
  if (::lstat(to.c_str(), &status) == 0) errno = EEXIST;
  return errno != EEXIST && ::rename(from.c_str(), to.c_str()) == 0;
}

// Gives a new file the permissions of the one that it replaces, and its owner and group where we may.
void TakeOver(int descriptor, const struct stat& old) {
  struct stat made {};
  if (::fstat(descriptor, &made) != 0) return;
  mode_t mode = old.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
  if ((made.st_uid != old.st_uid || made.st_gid != old.st_gid) && ::fchown(descriptor, old.st_uid, old.st_gid) != 0 &&
      made.st_gid != old.st_gid && ::fchown(descriptor, static_cast<uid_t>(-1), old.st_gid) != 0)
    mode &= S_IRWXU | S_IRWXO | (mode & S_IRWXO) << 3;  // to our group only what was everybody's
  // Where permissions are none of the file system's business, there is nothing to keep.
  [[maybe_unused]] const int ignored = ::fchmod(descriptor, mode);
}

}  // namespace

void CheckReplaceable(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return;
  const char* what = S_ISDIR(status.st_mode)    ? "it is a folder"
                     : S_ISFIFO(status.st_mode) ? "it is a pipe"
                     : S_ISSOCK(status.st_mode) ? "it is a socket"
                                                : "it is a device";
  throw Error(ErrorCode::kUsage, fmt::format("cannot write {}: {}", path.string(), what),
              S_ISDIR(status.st_mode)
                  ? "Name a file, with -o."
                  : "Write a file of another name, and copy that: only a file is written whole or not "
                    "at all.");
}

AtomicFile::AtomicFile(fs::path path, IfExists if_exists, Temporary temporary)
    : path_(std::move(path)), target_(path_), if_exists_(if_exists) {
  mode_t mode = 0666;
  if (if_exists_ == IfExists::kReplace) {
    if (const auto old = StatusOf(path_)) {
      if (S_ISDIR(old->st_mode)) ThrowFileError("write", path_, EISDIR);
      CheckReplaceable(path_);
      mode = 0600;  // until it is whole: nobody reads it who could not read the old one
    }
    target_ = FollowLinks(path_);
    // A file that was removed while it is open still has a link in /proc, but no name.
    if (IdentityOf(path_) != IdentityOf(target_)) ThrowFileError("write", path_, ENOENT);
  }
  if (temporary == Temporary::kUnnamedIfPossible) descriptor_ = OpenUnnamed(FolderOf(target_), mode);
  if (descriptor_ < 0) OpenNamed(mode);
}

void AtomicFile::OpenNamed(mode_t mode) {
  const bool is_made = MakeTemporary(target_, temporary_, [&](const fs::path& name) {
    descriptor_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (descriptor_ < 0 || LockTemporary(descriptor_, name)) return descriptor_ >= 0;
    ::close(std::exchange(descriptor_, -1));
    errno = EEXIST;
    return false;
  });
  if (is_made) return;
  temporary_.clear();
  ThrowFileError("write", path_, errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  ::close(descriptor_);
}

void AtomicFile::Write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) ThrowFileError("write", path_, wrote == 0 ? EIO : errno);  // 0: it would be for ever
    bytes = bytes.subspan(static_cast<size_t>(wrote));
  }
}

void AtomicFile::Write(const std::string& text) { Write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}); }

void AtomicFile::Commit() {
  if (if_exists_ == IfExists::kReplace)
    if (const auto old = StatusOf(path_)) {
      CheckReplaceable(path_);  // what is there now
      TakeOver(descriptor_, *old);
    }
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) ThrowFileError("write", path_, errno);
  if (!(if_exists_ == IfExists::kRefuse ? PutNew() : Replace())) {
    if (errno == EEXIST && if_exists_ == IfExists::kRefuse)
      throw Error(ErrorCode::kUsage, fmt::format("cannot write {}: something of that name is there", path_.string()),
                  "Move it away, or use another name.");
    ThrowFileError("write", path_, errno);
  }
  temporary_.clear();
  ::close(std::exchange(descriptor_, -1));
  SyncFolder(FolderOf(target_));
}

bool AtomicFile::PutNew() { return temporary_.empty() ? Link(descriptor_, target_) : RenameToNew(temporary_, target_); }

bool AtomicFile::Replace() {
  if (temporary_.empty()) {
    if (Link(descriptor_, target_)) return true;
    if (errno != EEXIST) return false;
    // A link cannot replace: the file, which is whole by now, needs a name of its own for a moment.
    ::flock(descriptor_, LOCK_EX | LOCK_NB);
    const bool is_made =
        MakeTemporary(target_, temporary_, [&](const fs::path& name) { return Link(descriptor_, name); });
    if (!is_made) {
      temporary_.clear();
      return false;
    }
  }
  return ::rename(temporary_.c_str(), target_.c_str()) == 0;
}

void WriteFile(const fs::path& path, std::span<const uint8_t> bytes, IfExists if_exists) {
  AtomicFile file(path, if_exists);
  file.Write(bytes);
  file.Commit();
}

void WriteFile(const fs::path& path, const std::string& text, IfExists if_exists) {
  WriteFile(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, if_exists);
}

}  // namespace fcn
