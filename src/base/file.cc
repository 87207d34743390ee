#include "fcn/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/descriptor.h"
#include "base/file_error.h"
#include "base/sparse_file.h"
#include "fcn/error.h"

namespace fcn {
namespace {

// The size of a regular file; everything else that opens (a folder, a device) is refused here.
size_t RegularFileSize(const Descriptor& file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(*file, &status) != 0) ThrowFileError("read", path, errno);
  if (S_ISDIR(status.st_mode)) ThrowFileError("read", path, EISDIR);
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorCode::kIo, fmt::format("cannot read {}: not a regular file", path.string()),
                "Name a file; pipes and devices are read by fcn segment alone.");
  return static_cast<size_t>(status.st_size);
}

/// Appends what lies between two places in the file: less where it shrank meanwhile.
void Append(const Descriptor& file, const std::filesystem::path& path, size_t from, size_t to,
            std::vector<uint8_t>& bytes) {
  size_t have = bytes.size();
  const size_t wanted = have + (to - from);
  bytes.resize(wanted);
  while (have < wanted) {
    const ssize_t got = ::pread(*file, bytes.data() + have, wanted - have, static_cast<off_t>(to - (wanted - have)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) ThrowFileError("read", path, errno);
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
}

}  // namespace

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
  const auto read_up_to = [&](size_t wanted) { Append(file, path, bytes.size(), wanted, bytes); };
  read_up_to(std::min(start, size));
  check_start(bytes);
  CheckNotSparse(file, path);
  if (bytes.size() == std::min(start, size)) read_up_to(size);
  return bytes;
}

FileEnds ReadEnds(const std::filesystem::path& path, size_t count) {
  const Descriptor file(path);
  const size_t size = RegularFileSize(file, path);
  FileEnds ends{static_cast<int64_t>(size), {}};
  const size_t first = std::min(count, size);
  Append(file, path, 0, first, ends.bytes);
  Append(file, path, std::max(first, size - first), size, ends.bytes);
  return ends;
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
      throw Error(ErrorCode::kCancelled, fmt::format("reading {} was interrupted", path.string()), "Run it again.");
    if (got < 0) ThrowFileError("read", path, errno);
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

}  // namespace fcn
