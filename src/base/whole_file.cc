#include "base/whole_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/descriptor.h"
#include "base/file_error.h"
#include "base/sparse_file.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/text.h"

namespace fcn {
namespace {

/// What a signal handler may look at: of each mapping its bytes and its path. A row is free while its path is null, and
/// its path is null while the rest of it changes.
struct Mapping {
  std::atomic<bool> taken{false};
  std::atomic<uintptr_t> begin{0}, end{0};
  std::atomic<const char*> path{nullptr};
};
constexpr size_t kMostMappings = 64;
Mapping mappings[kMostMappings];
static_assert(std::atomic<const char*>::is_always_lock_free && std::atomic<uintptr_t>::is_always_lock_free);

void Register(std::span<const uint8_t> bytes, const char* path) {
  for (Mapping& mapping : mappings) {
    if (mapping.taken.exchange(true)) continue;
    mapping.begin = reinterpret_cast<uintptr_t>(bytes.data());
    mapping.end = mapping.begin + bytes.size();
    mapping.path = path;
    return;
  }
}

void Unregister(std::span<const uint8_t> bytes) {
  for (Mapping& mapping : mappings) {
    if (mapping.path.load() == nullptr || mapping.begin != reinterpret_cast<uintptr_t>(bytes.data())) continue;
    mapping.path = nullptr;
    mapping.taken = false;
    return;
  }
}

struct stat StatusOf(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) ThrowFileError("read", path, errno);
  if (S_ISDIR(status.st_mode)) ThrowFileError("read", path, EISDIR);
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorCode::kIo, fmt::format("cannot read {}: not a regular file", path.string()),
                "Save what it gives as a file first.");
  return status;
}

/// A file's size and the time of its last change. Links and permissions may change: they are not its content.
bool SameContent(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

[[noreturn]] void ThrowChanged(const std::filesystem::path& path) {
  throw Error(ErrorCode::kIo, fmt::format("{} changed while it was used", path.string()),
              "Begin again when it is whole. Whoever writes it should write a new file and rename it, as fcn does.");
}

/// Reads until the buffer is full or the file ends; the bytes that were read.
size_t ReadAll(int descriptor, std::span<uint8_t> bytes, const std::filesystem::path& path) {
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(descriptor, bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) ThrowFileError("read", path, errno);
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  return have;
}

}  // namespace

WholeFile::WholeFile(const std::filesystem::path& path, size_t most_read) : path_(path), name_(Shown(path)) {
  Descriptor file(path);
  opened_ = StatusOf(*file, path);
  const auto size = static_cast<size_t>(opened_.st_size);
  if (size <= most_read) {
    read_.resize(size);
    const bool is_whole = ReadAll(*file, read_, path) == size;
    if (!is_whole || !SameContent(StatusOf(*file, path), opened_)) ThrowChanged(path);
    bytes_ = read_;
    return;
  }
  CheckNotSparse(file, path);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, *file, 0);
  if (mapped == MAP_FAILED && errno == ENOMEM)
    throw Error(ErrorCode::kMemory, fmt::format("{}: there is no room for its {} MB", name_, size / 1'000'000),
                "Raise the limit (ulimit -v), or use a machine with more memory.");
  if (mapped == MAP_FAILED) ThrowFileError("map", path, errno);
  bytes_ = {static_cast<const uint8_t*>(mapped), size};
  descriptor_ = file.Release();
  Register(bytes_, name_.c_str());
}

WholeFile::~WholeFile() {
  if (descriptor_ < 0) return;
  Unregister(bytes_);
  ::munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
  ::close(descriptor_);
}

void WholeFile::CheckUnchanged() const {
  if (is_mapped() && !SameContent(StatusOf(descriptor_, path_), opened_)) ThrowChanged(path_);
}

bool BeginsWithBrace(const std::filesystem::path& path) {
  const Descriptor file(path);
  StatusOf(*file, path);
  constexpr size_t kLengthBytes = 8;
  uint8_t start[kLengthBytes + 1];
  return ReadAll(*file, start, path) == sizeof start && start[kLengthBytes] == '{';
}

void ReleasePages(std::span<const uint8_t> part) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t before = (page - reinterpret_cast<uintptr_t>(part.data()) % page) % page;
  if (part.size() < before) return;
  const size_t whole = (part.size() - before) / page * page;
  if (whole > 0) ::madvise(const_cast<uint8_t*>(part.data()) + before, whole, MADV_DONTNEED);
}

const char* MappedPathAt(const void* address) noexcept {
  const auto at = reinterpret_cast<uintptr_t>(address);
  for (const Mapping& mapping : mappings) {
    const char* path = mapping.path.load();
    if (path != nullptr && mapping.begin <= at && at < mapping.end) return path;
  }
  return nullptr;
}

}  // namespace fcn
