#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/function_ref.h"

namespace fcn {

/// A whole file, mapped read-only. Move-only.
class MappedFile {
 public:
  /// Throws Error(kIo) that names the file where it is missing, unreadable or a folder.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(data_), size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

/// Lets the kernel drop the whole pages within a part of a MappedFile: they are read again from the file when touched.
/// For weights that have been packed. Only ever for mapped files: the pages of other memory would lose their content.
void ReleasePages(std::span<const uint8_t> mapped_part);

/// More is read at once by nobody here.
inline constexpr size_t kMostBytes = size_t{1} << 32;

/// Reads a regular file. Throws Error(kIo) where it cannot be read, Error(kInput) where it has more than `limit` bytes
/// or its name more than names may have.
std::vector<uint8_t> ReadFile(const std::filesystem::path& path, size_t limit = kMostBytes);

/// The same, with a look at the first `start` bytes (or, of a shorter file, all) before more is read: what
/// `check_start` throws ends the reading.
std::vector<uint8_t> ReadFile(const std::filesystem::path& path, size_t limit, size_t start,
                              FunctionRef<void(std::span<const uint8_t>)> check_start);

/// Reads a pipe to its end, which may take as long as its writer likes; /dev/stdin may be a socket or a file, too.
/// Throws as ReadFile does, and Error(kCancelled) where a signal handler ran meanwhile. `check_start` is called once,
/// with the first `start` bytes or, where it ends before, all: what it throws ends the reading.
std::vector<uint8_t> ReadPipe(const std::filesystem::path& path, size_t limit, size_t start,
                              FunctionRef<void(std::span<const uint8_t>)> check_start);

/// Whether a new file may take the place of one of the same name.
enum class IfExists { kReplace, kRefuse };

/// Writes a file under a temporary name beside its own and renames it when it is whole, so that a reader, a full disk
/// or a kill never leaves half a file. Without Commit() the temporary file is removed. The temporary file is always a
/// new one: NAME.PID.part, or NAME.PID.N.part where that is taken.
class AtomicFile {
 public:
  /// Throws Error(kIo), or Error(kInput) for a name that is too long, that names the file and the cause.
  explicit AtomicFile(std::filesystem::path path, IfExists if_exists = IfExists::kReplace);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void Write(std::span<const uint8_t> bytes);
  void Write(const std::string& text);
  /// Flushes to the disk and renames. Throws Error(kIo), and with kRefuse Error(kUsage) where anything has that name by
  /// now; then the old file, where there was one, is untouched.
  void Commit();

 private:
  std::filesystem::path path_, temporary_;
  IfExists if_exists_;
  int descriptor_ = -1;
};

/// AtomicFile in one call.
void WriteFile(const std::filesystem::path& path, std::span<const uint8_t> bytes,
               IfExists if_exists = IfExists::kReplace);
void WriteFile(const std::filesystem::path& path, const std::string& text, IfExists if_exists = IfExists::kReplace);

}  // namespace fcn
