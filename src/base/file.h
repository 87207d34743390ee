#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/function_ref.h"

namespace fcn {

/// More is read at once by nobody here.
inline constexpr size_t kMostBytes = size_t{1} << 32;

/// Reads a regular file. Throws Error(kIo) where it cannot be read, Error(kInput) where it has more than `limit` bytes
/// or its name more than names may have.
std::vector<uint8_t> ReadFile(const std::filesystem::path& path, size_t limit = kMostBytes);

/// The same, with a look at the first `start` bytes (or, of a shorter file, all) before more is read: what
/// `check_start` throws ends the reading.
std::vector<uint8_t> ReadFile(const std::filesystem::path& path, size_t limit, size_t start,
                              FunctionRef<void(std::span<const uint8_t>)> check_start);

/// A regular file's size, and bytes of both its ends: all of a small one's.
struct FileEnds {
  int64_t size = 0;
  std::vector<uint8_t> bytes;
};

/// The first `count` bytes and the last; of a file of no more than two times as many, all. Throws as ReadFile does.
FileEnds ReadEnds(const std::filesystem::path& path, size_t count);

/// Reads a pipe to its end, which may take as long as its writer likes; /dev/stdin may be a socket or a file, too.
/// Throws as ReadFile does, and Error(kCancelled) where a signal handler ran meanwhile. `check_start` is called once,
/// with the first `start` bytes or, where it ends before, all: what it throws ends the reading.
std::vector<uint8_t> ReadPipe(const std::filesystem::path& path, size_t limit, size_t start,
                              FunctionRef<void(std::span<const uint8_t>)> check_start);

/// Whether a new file may take the place of one of the same name.
enum class IfExists { kReplace, kRefuse };

/// Throws Error(kUsage) where a path leads to what no file can take the place of: a folder, a device, a pipe, a socket.
void CheckReplaceable(const std::filesystem::path& path);

/// Writes a file that appears under its name when it is whole, so that a reader, a full disk or a kill never leaves
/// half a file. Until then it has no name at all, so that nothing is left of it, or, where the file system has no such
/// files, one beside its own (base/temporary.h). Without Commit() it is gone. A file that is replaced gives the new one
/// its permissions, and owner and group where we may; another has those that the process gives new files. Where the
/// path is a link, the link stays, and the file that it leads to is written; kRefuse refuses links.
class AtomicFile {
 public:
  enum class Temporary { kUnnamedIfPossible, kNamed };

  /// Throws Error(kIo), or Error(kInput) for a name that is too long, that names the file and the cause; Error(kUsage)
  /// as CheckReplaceable does. `temporary` is for tests.
  explicit AtomicFile(std::filesystem::path path, IfExists if_exists = IfExists::kReplace,
                      Temporary temporary = Temporary::kUnnamedIfPossible);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void Write(std::span<const uint8_t> bytes);
  void Write(const std::string& text);
  /// Flushes to the disk, gives the file its name, and flushes that. Throws Error(kIo), and with kRefuse Error(kUsage)
  /// where anything has that name by now; then the old file, where there was one, is untouched, unless the flushing of
  /// the name is what failed: the new file is there then, and whole.
  void Commit();

 private:
  void OpenNamed(mode_t mode);
  bool PutNew();
  bool Replace();

  std::filesystem::path path_, target_, temporary_;  // as given; behind links; none while the file has no name
  IfExists if_exists_;
  int descriptor_ = -1;
};

/// AtomicFile in one call.
void WriteFile(const std::filesystem::path& path, std::span<const uint8_t> bytes,
               IfExists if_exists = IfExists::kReplace);
void WriteFile(const std::filesystem::path& path, const std::string& text, IfExists if_exists = IfExists::kReplace);

}  // namespace fcn
