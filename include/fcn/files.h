#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fcn/export.h"
#include "fcn/function_ref.h"

namespace fcn {

/// More is read at once by nobody here.
inline constexpr size_t kMostBytes = size_t{1} << 32;

/// Reads a regular file. Throws Error(kIo) where it cannot be read, Error(kInput) where it has more than `limit` bytes
/// or its name more than names may have.
FCN_API std::vector<uint8_t> ReadFile(const std::filesystem::path& path, size_t limit = kMostBytes);

/// The same, with a look at the first `start` bytes (or, of a shorter file, all) before more is read: what
/// `check_start` throws ends the reading.
FCN_API std::vector<uint8_t> ReadFile(const std::filesystem::path& path, size_t limit, size_t start,
                                      FunctionRef<void(std::span<const uint8_t>)> check_start);

/// A regular file's size, and bytes of both its ends: all of a small one's.
struct FCN_API FileEnds {
  int64_t size = 0;
  std::vector<uint8_t> bytes;
};

/// The first `count` bytes and the last; of a file of no more than two times as many, all. Throws as ReadFile does.
FCN_API FileEnds ReadEnds(const std::filesystem::path& path, size_t count);

/// Reads a pipe to its end, which may take as long as its writer likes; /dev/stdin may be a socket or a file, too.
/// Throws as ReadFile does, and Error(kCancelled) where a signal handler ran meanwhile. `check_start` is called once,
/// with the first `start` bytes or, where it ends before, all: what it throws ends the reading.
FCN_API std::vector<uint8_t> ReadPipe(const std::filesystem::path& path, size_t limit, size_t start,
                                      FunctionRef<void(std::span<const uint8_t>)> check_start);

/// Whether a new file may take the place of one of the same name.
enum class IfExists { kReplace, kRefuse };

/// Throws Error(kUsage) where a path leads to what no file can take the place of: a folder, a device, a pipe, a socket.
FCN_API void CheckReplaceable(const std::filesystem::path& path);

/// Writes a file that appears under its name when it is whole, so that a reader, a full disk or a kill never leaves
/// half a file. Until then it has no name at all, so that nothing is left of it, or, where the file system has no such
/// files, one beside its own. Without Commit() it is gone. A file that is replaced gives the new one
/// its permissions, and owner and group where we may; another has those that the process gives new files. Where the
/// path is a link, the link stays, and the file that it leads to is written; kRefuse refuses links.
class FCN_API AtomicFile {
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
FCN_API void WriteFile(const std::filesystem::path& path, std::span<const uint8_t> bytes,
                       IfExists if_exists = IfExists::kReplace);
FCN_API void WriteFile(const std::filesystem::path& path, const std::string& text,
                       IfExists if_exists = IfExists::kReplace);

/// Removes from a folder what killed writers left of the files that `is_ours` says yes to: where `is_cut`, `name` is no
/// more than how the file's begins. Regular files of this user with the name of a temporary file alone, and none whose
/// writer lives, or may live where the file system has no locks. Throws nothing.
FCN_API void RemoveLeftovers(const std::filesystem::path& folder,
                             FunctionRef<bool(const std::string& name, bool is_cut)> is_ours);

// The standard library's questions about paths throw where a link loops, a name is too long or a folder is closed to
// us. To these the answer is no.

/// Whether anything has that name, and if it is a link whether it leads to something.
FCN_API bool Exists(const std::filesystem::path& path);
/// Whether it is a folder, or a link to one.
FCN_API bool IsFolder(const std::filesystem::path& path);

/// What a folder holds.
struct FCN_API FolderEntry {
  std::filesystem::path path;
  std::filesystem::file_type type;  ///< of what a link leads to
  bool is_link = false;

  /// A link to what is not there, or to itself.
  bool leads_nowhere() const { return is_link && type == std::filesystem::file_type::not_found; }
};

/// All that is in a folder, not below it, by name. Throws Error(kIo) that names the folder.
FCN_API std::vector<FolderEntry> ReadFolder(const std::filesystem::path& folder);

/// Makes a folder and those above it, where they are missing, and flushes their names. Throws Error(kIo) where it
/// cannot, or may not write there.
FCN_API void MakeFolder(const std::filesystem::path& folder);

/// Flushes the names in a folder to the disk, so that a new one survives a power cut. Where the file system cannot, or
/// the folder may not be read, that is left to it. Throws Error(kIo) where the disk fails.
FCN_API void SyncFolder(const std::filesystem::path& folder);

/// Tells files from names: links, hard ones too, and other ways to write a path have the file's.
struct FCN_API FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

/// Of the file that a path leads to, through links; none where it leads to none.
FCN_API std::optional<FileIdentity> IdentityOf(const std::filesystem::path& path);

/// The path, fit to be printed, of the mapped file that an address lies in, null where in none. Safe in a signal
/// handler: it is for one of SIGBUS, which a file that is cut short raises. Of more than 64 files at a time only the
/// first are known.
FCN_API const char* MappedPathAt(const void* address) noexcept;

}  // namespace fcn
