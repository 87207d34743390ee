#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <utility>

#include "fcn/error.h"

namespace fcn {
namespace {

[[noreturn]] void Fail(const char* verb, const std::filesystem::path& path, int cause) {
  const char* hint = cause == ENOENT || cause == ELOOP || cause == ENOTDIR ? "Check the path."
                     : cause == EACCES || cause == EPERM                   ? "Check the permissions."
                     : cause == EROFS                                      ? "Choose a folder that can be written to."
                     : cause == ENAMETOOLONG                               ? "Use a shorter name."
                     : cause == ENOSPC || cause == EDQUOT ? "Free some space; nothing was left half-written."
                                                          : "";
  // A long name is not the machine's fault: another would do.
  throw Error(cause == ENAMETOOLONG ? ErrorCode::kInput : ErrorCode::kIo,
              fmt::format("cannot {} {}: {}", verb, path.string(), std::strerror(cause)), hint);
}

class Descriptor {
 public:
  // O_NONBLOCK: opening a pipe would wait for a writer; regular files do not care.
  explicit Descriptor(const std::filesystem::path& path)
      : Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), path) {}
  Descriptor(int opened, const std::filesystem::path& path) : value_(opened) {
    if (value_ < 0) Fail("open", path, errno);
  }
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int operator*() const { return value_; }

 private:
  int value_;
};

// Renames, but never replaces: false with errno EEXIST where anything has the new name.
bool RenameToNew(const std::filesystem::path& from, const std::filesystem::path& to) {
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

// The size of a regular file; everything else that opens (a folder, a device) is refused here.
size_t RegularFileSize(const Descriptor& file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(*file, &status) != 0) Fail("read", path, errno);
  if (S_ISDIR(status.st_mode)) Fail("read", path, EISDIR);
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorCode::kIo, fmt::format("cannot read {}: not a regular file", path.string()));
  return static_cast<size_t>(status.st_size);
}

// A large file that is nearly all hole, as a download that has just begun, takes memory for zeros alone.
void CheckNotSparse(const Descriptor& file, const std::filesystem::path& path) {
  constexpr int64_t kLarge = int64_t{1} << 28, kMostlyHole = 16, kBlock = 512;  // st_blocks' unit, whatever the disk's
  struct stat status {};
  if (::fstat(*file, &status) != 0 || status.st_size < kLarge) return;
  if (status.st_blocks * kBlock > status.st_size / kMostlyHole) return;
  if (::lseek(*file, 0, SEEK_HOLE) >= status.st_size) return;  // the file system compresses
  throw Error(ErrorCode::kInput,
              fmt::format("{} is not whole: of its {} bytes no more than {} were ever written", path.string(),
                          status.st_size, status.st_blocks * kBlock),
              "Fetch it again from where it came: it looks like a download that was not finished.");
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  const Descriptor file(path);
  size_ = RegularFileSize(file, path);
  if (size_ == 0) return;  // mmap refuses empty files; an empty span says the same
  void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, *file, 0);
  if (mapped == MAP_FAILED) Fail("map", path, errno);
  data_ = mapped;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::vector<uint8_t> ReadFile(const std::filesystem::path& path, size_t limit) {
  return ReadFile(path, limit, 0, [](std::span<const uint8_t>) {});
}

std::vector<uint8_t> ReadFile(const std::filesystem::path& path, size_t limit, size_t start,
                              FunctionRef<void(std::span<const uint8_t>)> check_start) {
  const Descriptor file(path);
  const size_t size = RegularFileSize(file, path);
  if (size > limit)
    throw Error(ErrorCode::kInput, fmt::format("{} has {} bytes; at most {} are read here", path.string(), size, limit),
                "Check that it is the file that was meant.");
  std::vector<uint8_t> bytes;
  const auto read_up_to = [&](size_t wanted) {
    size_t have = bytes.size();
    bytes.resize(wanted);
    while (have < wanted) {
      const ssize_t got = ::pread(*file, bytes.data() + have, wanted - have, static_cast<off_t>(have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) Fail("read", path, errno);
      if (got == 0) break;  // the file shrank while it was read
      have += static_cast<size_t>(got);
    }
    bytes.resize(have);
  };
  read_up_to(std::min(start, size));
  check_start(bytes);
  CheckNotSparse(file, path);
  if (bytes.size() == std::min(start, size)) read_up_to(size);
  return bytes;
}

std::vector<uint8_t> ReadPipe(const std::filesystem::path& path, size_t limit, size_t start,
                              FunctionRef<void(std::span<const uint8_t>)> check_start) {
  // A socket cannot be opened by name.
  const Descriptor pipe(
      path == "/dev/stdin" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC),
      path);
  constexpr size_t kPiece = size_t{1} << 16;
  std::vector<uint8_t> bytes;
  bool checked = false;
  for (size_t have = 0;;) {
    bytes.resize(have + kPiece);
    const ssize_t got = ::read(*pipe, bytes.data() + have, kPiece);
    if (got < 0 && errno == EINTR)
      throw Error(ErrorCode::kCancelled, fmt::format("reading {} was interrupted", path.string()));
    if (got < 0) Fail("read", path, errno);
    bytes.resize(have += static_cast<size_t>(got));
    if (!checked && (have >= start || got == 0)) {
      check_start({bytes.data(), std::min(have, start)});
      checked = true;
    }
    if (got == 0) return bytes;
    if (have > limit)
      throw Error(ErrorCode::kInput,
                  fmt::format("{} has more than {} bytes; no more are read from a pipe", path.string(), limit),
                  "Give the picture as a file.");
  }
}

AtomicFile::AtomicFile(std::filesystem::path path, IfExists if_exists) : path_(std::move(path)), if_exists_(if_exists) {
  // The process id keeps programs that write the same name apart, but a killed one may have left a file with ours.
  constexpr int kMostTries = 1000;
  for (int i = 0; descriptor_ < 0 && i < kMostTries; i++) {
    const std::string ending = fmt::format(".{}{}.part", ::getpid(), i == 0 ? "" : fmt::format(".{}", i));
    std::string name = path_.filename().string();
    name.resize(std::min(name.size(), NAME_MAX - ending.size()));  // a name of full length has a temporary one, too
    temporary_ = path_.parent_path() / (name + ending);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) Fail("write", path_, errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::Write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) Fail("write", path_, errno);
    bytes = bytes.subspan(static_cast<size_t>(wrote));
  }
}

void AtomicFile::Write(const std::string& text) { Write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}); }

void AtomicFile::Commit() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) Fail("write", path_, errno);
  if (!(if_exists_ == IfExists::kReplace ? ::rename(temporary_.c_str(), path_.c_str()) == 0
                                         : RenameToNew(temporary_, path_))) {
    if (errno == EEXIST && if_exists_ == IfExists::kRefuse)
      throw Error(ErrorCode::kUsage, fmt::format("cannot write {}: something of that name is there", path_.string()),
                  "Move it away, or use another name.");
    Fail("write", path_, errno);
  }
  ::close(std::exchange(descriptor_, -1));
}

void WriteFile(const std::filesystem::path& path, std::span<const uint8_t> bytes, IfExists if_exists) {
  AtomicFile file(path, if_exists);
  file.Write(bytes);
  file.Commit();
}

void WriteFile(const std::filesystem::path& path, const std::string& text, IfExists if_exists) {
  WriteFile(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, if_exists);
}

void ReleasePages(std::span<const uint8_t> part) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t before = (page - reinterpret_cast<uintptr_t>(part.data()) % page) % page;
  if (part.size() < before) return;
  const size_t whole = (part.size() - before) / page * page;
  if (whole > 0) ::madvise(const_cast<uint8_t*>(part.data()) + before, whole, MADV_DONTNEED);
}

}  // namespace fcn
