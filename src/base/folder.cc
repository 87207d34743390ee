#include "fcn/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file_error.h"
#include "fcn/error.h"

namespace fcn {

namespace fs = std::filesystem;

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool IsFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::vector<FolderEntry> ReadFolder(const fs::path& folder) {
  std::vector<FolderEntry> entries;
  std::error_code error, ignored;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::file_type type = entry->status(ignored).type();
    entries.push_back(
        {entry->path(), type == fs::file_type::none ? fs::file_type::not_found : type, entry->is_symlink(ignored)});
  }
  if (error)
    throw Error(ErrorCode::kIo, fmt::format("cannot read the folder {}: {}", folder.string(), error.message()),
                error == std::errc::permission_denied ? "Check the permissions." : "Check the path.");
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return entries;
}

void MakeFolder(const fs::path& folder) {
  std::vector<fs::path> above;  // folders that will have a new name in them
  for (fs::path path = folder; !path.empty() && !Exists(path); path = path.parent_path())
    above.push_back(path.has_parent_path() ? path.parent_path() : ".");
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && !IsFolder(folder)) error = std::make_error_code(std::errc::file_exists);
  if (error == std::errc::file_exists || error == std::errc::not_a_directory)
    throw Error(
        ErrorCode::kIo,
        fmt::format("cannot make the folder {}: a file has that name, or that of a folder above", folder.string()),
        "Choose another folder with -o.");
  if (error)
    throw Error(ErrorCode::kIo, fmt::format("cannot make the folder {}: {}", folder.string(), error.message()),
                "Choose another folder with -o.");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw Error(
        ErrorCode::kIo,
        fmt::format("cannot write into the folder {}: {}", folder.string(), std::generic_category().message(errno)),
        "Choose another folder with -o.");
  for (const fs::path& one : above) SyncFolder(one);
}

void SyncFolder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  const int cause = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (cause == EIO || cause == ENOSPC || cause == EDQUOT) ThrowFileError("write into", folder, cause);
}

std::optional<FileIdentity> IdentityOf(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

}  // namespace fcn
