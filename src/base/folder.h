#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <vector>

namespace fcn {

// The standard library's questions about paths throw where a link loops, a name is too long or a folder is closed to
// us. To these the answer is no.

/// Whether anything has that name, and if it is a link whether it leads to something.
bool Exists(const std::filesystem::path& path);
/// Whether it is a folder, or a link to one.
bool IsFolder(const std::filesystem::path& path);

/// What a folder holds.
struct FolderEntry {
  std::filesystem::path path;
  std::filesystem::file_type type;  ///< of what a link leads to
  bool is_link = false;

  /// A link to what is not there, or to itself.
  bool leads_nowhere() const { return is_link && type == std::filesystem::file_type::not_found; }
};

/// All that is in a folder, not below it, by name. Throws Error(kIo) that names the folder.
std::vector<FolderEntry> ReadFolder(const std::filesystem::path& folder);

/// Makes a folder and those above it, where they are missing, and flushes their names. Throws Error(kIo) where it
/// cannot, or may not write there.
void MakeFolder(const std::filesystem::path& folder);

/// Flushes the names in a folder to the disk, so that a new one survives a power cut. Where the file system cannot, or
/// the folder may not be read, that is left to it. Throws Error(kIo) where the disk fails.
void SyncFolder(const std::filesystem::path& folder);

/// Tells files from names: links, hard ones too, and other ways to write a path have the file's.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

/// Of the file that a path leads to, through links; none where it leads to none.
std::optional<FileIdentity> IdentityOf(const std::filesystem::path& path);

}  // namespace fcn
