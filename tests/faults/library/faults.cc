// Loaded into a program by LD_PRELOAD: lets a chosen call fail, and writes down every call on files of one folder.
//
//   FCN_FAULTS_FOLDER     calls on what is below this folder count, and starts of threads; all others pass
//   FCN_FAULTS_LOG        a file that receives a line for each of them
//   FCN_FAULTS_SNAPSHOTS  a folder that receives what a file held at each fsync, under the number that the log names
//   FCN_FAULTS_AT         "KIND NTH ACTION PATH", with * for any kind and any path. NTH: 3, that one; 3+, from then on;
//                         3/2, every other from then on. ACTION: the number of an error; short, a part of what was
//                         asked for is read or written; nothing, none of it; kill, the process ends before the call
//
// A line of the log has the kind, the error or 0, the inode, the path below the folder, and more: where it was before
// (rename), "new", "cut" or "old" (open-write), the number of written bytes (write), of the snapshot (sync). The
// process id in names is PID, and a file without a name is called # in its folder, so that two runs give the same
// lines.
//
// An fsync does nothing but that: tests read what the kernel has, not what the disk has.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <regex>
#include <sstream>
#include <string>

namespace {

constexpr char kThreads[] = "-";  // stands for the path where a call has none

struct Settings {
  std::string folder, snapshots, kind, path;
  int log = -1;
  long first = 0, matches = 0;
  enum class Repeat { kOnce, kOn, kEveryOther } repeat = Repeat::kOnce;
  std::string action;  // none: nothing fails
  long snapshot_count = 0;
  std::recursive_mutex mutex;

  Settings() {
    const auto text = [](const char* name) { return std::string(std::getenv(name) ? std::getenv(name) : ""); };
    folder = text("FCN_FAULTS_FOLDER");
    snapshots = text("FCN_FAULTS_SNAPSHOTS");
    if (const std::string path_of_log = text("FCN_FAULTS_LOG"); !path_of_log.empty())
      log = static_cast<int>(
          syscall(SYS_openat, AT_FDCWD, path_of_log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    std::istringstream at(text("FCN_FAULTS_AT"));
    std::string nth;
    at >> kind >> nth >> action >> std::ws;
    std::getline(at, path);
    first = std::atol(nth.c_str());
    repeat = nth.ends_with('+') ? Repeat::kOn : nth.ends_with("/2") ? Repeat::kEveryOther : Repeat::kOnce;
  }
};

Settings& TheSettings() {
  static auto& settings = *new Settings;  // never destroyed: calls come until the very end
  return settings;
}

/// The name below the folder, or nothing where it is elsewhere.
std::string NameOf(std::string path) {
  const std::string& folder = TheSettings().folder;
  if (folder.empty()) return {};
  path = std::filesystem::path(path).lexically_normal();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (path == folder) return ".";
  if (!path.starts_with(folder + "/")) return {};
  path.erase(0, folder.size() + 1);
  static const auto& kUnnamed = *new std::regex("#[0-9]+ \\(deleted\\)$");
  static const auto& kProcess = *new std::regex("\\." + std::to_string(getpid()) + "\\.");
  return std::regex_replace(std::regex_replace(path, kUnnamed, "#"), kProcess, ".PID.");
}

std::string PathOf(int descriptor) {
  std::array<char, PATH_MAX> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = readlink(link.c_str(), path.data(), path.size() - 1);
  return size > 0 ? std::string(path.data(), static_cast<size_t>(size)) : std::string();
}

std::string PathAt(int folder, const char* path) {
  if (*path == '/') return path;
  std::array<char, PATH_MAX> here{};
  const std::string base = folder != AT_FDCWD                            ? PathOf(folder)
                           : getcwd(here.data(), here.size()) != nullptr ? here.data()
                                                                         : "";
  return *path == 0 ? base : base + "/" + path;
}

/// One call while it is made: nobody else makes one meanwhile, so that the log has them in their order.
class Call {
 public:
  Call(const char* kind, std::string name) : kind_(kind), name_(std::move(name)) {
    if (name_.empty()) return;
    Settings& settings = TheSettings();
    lock_ = std::unique_lock(settings.mutex);
    if (settings.action.empty() || (settings.kind != "*" && settings.kind != kind) ||
        (settings.path != "*" && settings.path != name_))
      return;
    const long past = ++settings.matches - settings.first;
    const bool is_now = settings.repeat == Settings::Repeat::kOnce ? past == 0
                        : settings.repeat == Settings::Repeat::kOn ? past >= 0
                                                                   : past >= 0 && past % 2 == 0;
    if (!is_now) return;
    if (settings.action == "kill") kill(getpid(), SIGKILL);
    is_short_ = settings.action == "short";
    is_nothing_ = settings.action == "nothing";
    error_ = std::atoi(settings.action.c_str());
  }

  bool counts() const { return lock_.owns_lock(); }
  int error() const { return error_; }
  bool Fails() const {
    if (error_ != 0) errno = error_;
    return error_ != 0;
  }
  size_t Part(size_t size) const { return is_nothing_ ? 0 : is_short_ && size > 1 ? size / 2 : size; }

  /// Writes the call down and gives its result back, with its errno.
  template <typename Result>
  Result Done(Result result, bool is_done, ino_t inode = 0, const std::string& more = {}) const {
    if (!counts()) return result;
    const int error = errno;
    const std::string line = std::string(kind_) + '\t' + std::to_string(is_done ? 0 : error) + '\t' +
                             std::to_string(inode) + '\t' + name_ + '\t' + more + '\n';
    if (const int log = TheSettings().log; log >= 0) syscall(SYS_write, log, line.data(), line.size());
    errno = error;
    return result;
  }

 private:
  const char* kind_;
  std::string name_;
  std::unique_lock<std::recursive_mutex> lock_;
  bool is_short_ = false, is_nothing_ = false;
  int error_ = 0;
};

ino_t InodeOf(int descriptor) {
  struct stat status {};
  return descriptor >= 0 && fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}
// Not lstat, which is one of the calls.
ino_t InodeAt(const char* path) {
  struct stat status {};
  return syscall(SYS_newfstatat, AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_ino : 0;
}
bool IsFolder(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
}

/// Copies what a file holds; the number of the copy.
std::string Snapshot(int descriptor) {
  Settings& settings = TheSettings();
  if (settings.snapshots.empty()) return {};
  std::string number = std::to_string(settings.snapshot_count++);
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor), to = settings.snapshots + "/" + number;
  const auto from = static_cast<int>(syscall(SYS_openat, AT_FDCWD, link.c_str(), O_RDONLY | O_CLOEXEC));
  const auto copy =
      static_cast<int>(syscall(SYS_openat, AT_FDCWD, to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  while (syscall(SYS_copy_file_range, from, nullptr, copy, nullptr, size_t{1} << 30, 0) > 0) {
  }
  syscall(SYS_close, from);
  syscall(SYS_close, copy);
  return number;
}

const char* OpenKind(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY ? "open-write" : (flags & O_DIRECTORY) != 0 ? "open-folder" : "open-read";
}

template <typename Open>
int OpenFile(const std::string& path, int flags, Open open_it) {
  const bool is_unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  std::string name = NameOf(path);
  if (is_unnamed && !name.empty()) name += "/#";
  const Call call(OpenKind(flags), std::move(name));
  if (call.Fails()) return call.Done(-1, false);
  if (!call.counts()) return open_it();
  const bool is_new = is_unnamed || InodeAt(path.c_str()) == 0;
  const int descriptor = open_it();
  return call.Done(descriptor, descriptor >= 0, InodeOf(descriptor),
                   is_new                   ? "new"
                   : (flags & O_TRUNC) != 0 ? "cut"
                                            : "old");
}

int SyncFile(int descriptor) {
  const Call call(IsFolder(descriptor) ? "sync-folder" : "sync", NameOf(PathOf(descriptor)));
  if (call.Fails()) return call.Done(-1, false);
  return call.Done(0, true, InodeOf(descriptor),
                   call.counts() && !IsFolder(descriptor) ? Snapshot(descriptor) : std::string());
}

/// A call that gives a file a name, or takes one away.
template <typename Body>
int ChangeName(const char* kind, const std::string& path, const std::string& before, Body body) {
  const Call call(kind, NameOf(path));
  if (call.Fails()) return call.Done(-1, false);
  const int result = body();
  return call.Done(result, result == 0, call.counts() && result == 0 ? InodeAt(path.c_str()) : 0,
                   before.empty() ? before : NameOf(before));
}

}  // namespace

#define FCN_REAL(name) static const auto real = reinterpret_cast<decltype(&::name)>(dlsym(RTLD_NEXT, #name))

#pragma GCC visibility push(default)
extern "C" {

int openat(int folder, const char* path, int flags, ...) {
  FCN_REAL(openat);
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
  va_end(more);
  return OpenFile(PathAt(folder, path), flags, [&] { return real(folder, path, flags, mode); });
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
  va_end(more);
  return openat(AT_FDCWD, path, flags, mode);
}

FILE* fopen64(const char* path, const char* mode) {  // standard streams
  FCN_REAL(fopen64);
  FILE* file = nullptr;
  const int flags = *mode == 'r' ? O_RDONLY : *mode == 'w' ? O_WRONLY | O_TRUNC : O_WRONLY;
  OpenFile(PathAt(AT_FDCWD, path), flags, [&] {
    file = real(path, mode);
    return file != nullptr ? fileno(file) : -1;
  });
  return file;
}

ssize_t read(int descriptor, void* bytes, size_t size) {
  FCN_REAL(read);
  const Call call("read", NameOf(PathOf(descriptor)));
  if (call.Fails()) return call.Done(ssize_t{-1}, false);
  const ssize_t got = real(descriptor, bytes, call.Part(size));
  return call.Done(got, got >= 0);
}

ssize_t pread(int descriptor, void* bytes, size_t size, off_t from) {
  FCN_REAL(pread);
  const Call call("read", NameOf(PathOf(descriptor)));
  if (call.Fails()) return call.Done(ssize_t{-1}, false);
  const ssize_t got = real(descriptor, bytes, call.Part(size), from);
  return call.Done(got, got >= 0);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  FCN_REAL(write);
  const Call call("write", NameOf(PathOf(descriptor)));
  if (call.Fails()) return call.Done(ssize_t{-1}, false);
  const ssize_t wrote = real(descriptor, bytes, call.Part(size));
  return call.Done(wrote, wrote >= 0, call.counts() ? InodeOf(descriptor) : 0, std::to_string(wrote));
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t from) {
  FCN_REAL(pwrite);
  const Call call("write", NameOf(PathOf(descriptor)));
  if (call.Fails()) return call.Done(ssize_t{-1}, false);
  const ssize_t wrote = real(descriptor, bytes, call.Part(size), from);
  return call.Done(wrote, wrote >= 0, call.counts() ? InodeOf(descriptor) : 0, std::to_string(wrote));
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
  FCN_REAL(writev);
  const Call call("write", NameOf(PathOf(descriptor)));
  if (call.Fails()) return call.Done(ssize_t{-1}, false);
  const ssize_t wrote = real(descriptor, parts, count);
  return call.Done(wrote, wrote >= 0, call.counts() ? InodeOf(descriptor) : 0, std::to_string(wrote));
}

int ftruncate(int descriptor, off_t size) noexcept {
  FCN_REAL(ftruncate);
  const Call call("truncate", NameOf(PathOf(descriptor)));
  if (call.Fails()) return call.Done(-1, false);
  const int result = real(descriptor, size);
  return call.Done(result, result == 0, InodeOf(descriptor), std::to_string(size));
}

int fsync(int descriptor) { return SyncFile(descriptor); }
int fdatasync(int descriptor) { return SyncFile(descriptor); }

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  FCN_REAL(renameat2);
  return ChangeName("rename", PathAt(to_folder, to), PathAt(from_folder, from),
                    [&] { return real(from_folder, from, to_folder, to, flags); });
}
int rename(const char* from, const char* to) noexcept { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return renameat2(from_folder, from, to_folder, to, 0);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  FCN_REAL(linkat);
  return ChangeName("link", PathAt(to_folder, to), PathAt(from_folder, from),
                    [&] { return real(from_folder, from, to_folder, to, flags); });
}
int link(const char* from, const char* to) noexcept { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int folder, const char* path, int flags) noexcept {
  FCN_REAL(unlinkat);
  return ChangeName((flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", PathAt(folder, path), {},
                    [&] { return real(folder, path, flags); });
}
int unlink(const char* path) noexcept { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char* path) noexcept { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char* path) noexcept {
  const int result = unlink(path);
  return result != 0 && errno == EISDIR ? rmdir(path) : result;
}

int mkdir(const char* path, mode_t mode) noexcept {
  FCN_REAL(mkdir);
  return ChangeName("mkdir", PathAt(AT_FDCWD, path), {}, [&] { return real(path, mode); });
}

dirent* readdir(DIR* folder) {
  FCN_REAL(readdir);
  const Call call("read-folder", NameOf(PathOf(dirfd(folder))));
  if (call.Fails()) return call.Done<dirent*>(nullptr, false);
  errno = 0;
  dirent* entry = real(folder);
  return call.Done(entry, entry != nullptr || errno == 0);
}

int stat(const char* path, struct stat* status) noexcept {
  const Call call("stat", NameOf(PathAt(AT_FDCWD, path)));
  if (call.Fails()) return call.Done(-1, false);
  const auto result = static_cast<int>(syscall(SYS_newfstatat, AT_FDCWD, path, status, 0));
  return call.Done(result, result == 0);
}

int lstat(const char* path, struct stat* status) noexcept {
  const Call call("stat", NameOf(PathAt(AT_FDCWD, path)));
  if (call.Fails()) return call.Done(-1, false);
  const auto result = static_cast<int>(syscall(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW));
  return call.Done(result, result == 0);
}

int flock(int descriptor, int operation) noexcept {
  FCN_REAL(flock);
  const Call call("lock", NameOf(PathOf(descriptor)));
  if (call.Fails()) return call.Done(-1, false);
  const int result = real(descriptor, operation);
  return call.Done(result, result == 0);
}

void* mmap(void* where, size_t size, int protection, int flags, int descriptor, off_t from) noexcept {
  FCN_REAL(mmap);
  const Call call("map", descriptor >= 0 ? NameOf(PathOf(descriptor)) : std::string());
  if (call.Fails()) return call.Done(MAP_FAILED, false);
  void* mapped = real(where, size, protection, flags, descriptor, from);
  return call.Done(mapped, mapped != MAP_FAILED);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument) {
  FCN_REAL(pthread_create);
  const Call call("thread", TheSettings().folder.empty() ? "" : kThreads);
  if (call.Fails()) return call.Done(call.error(), false);
  const int error = real(thread, attributes, body, argument);
  return call.Done(error, error == 0);
}

}  // extern "C"
#pragma GCC visibility pop
