#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace fcn {

/// The bytes of a file of weights. A small file is read: what becomes of it later changes nothing. A large one is
/// mapped, so that it takes no memory of its own, and others can change what was mapped: writing into the file changes
/// the bytes, which CheckUnchanged finds; cutting it short makes reading them a signal (SIGBUS), which is the program's
/// to handle (MappedPathAt). A file that is replaced by a rename, or removed, is neither.
class WholeFile {
 public:
  static constexpr size_t kMostRead = size_t{64} << 20;

  /// Files of more than `most_read` bytes are mapped. Throws Error(kIo) that names the file where it is missing,
  /// unreadable, no regular file, or changed while it was read; Error(kMemory) where there is no room for it;
  /// Error(kInput) as CheckNotSparse does.
  explicit WholeFile(const std::filesystem::path& path, size_t most_read = kMostRead);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  std::span<const uint8_t> bytes() const { return bytes_; }
  const std::filesystem::path& path() const { return path_; }
  bool is_mapped() const { return descriptor_ >= 0; }

  /// Throws Error(kIo) where a mapped file's size or time of change is another than when it was opened: whatever was
  /// read since then may be wrong. To be called after reading, before what was read is used. Thread-safe.
  void CheckUnchanged() const;

 private:
  std::filesystem::path path_;
  std::string name_;
  std::vector<uint8_t> read_;
  std::span<const uint8_t> bytes_;
  struct stat opened_ {};
  int descriptor_ = -1;  // of a mapped file
};

/// Whether the file begins as a safetensors file does: eight bytes of length, and a brace. Throws as WholeFile does.
bool BeginsWithBrace(const std::filesystem::path& path);

/// Lets the kernel drop the whole pages within a part of a mapped file: they are read again from the file when touched.
/// For weights that have been packed. Only ever for mapped files: the pages of other memory would lose their content.
void ReleasePages(std::span<const uint8_t> mapped_part);

}  // namespace fcn
