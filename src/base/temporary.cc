#include "base/temporary.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/descriptor.h"
#include "fcn/files.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".part";

/// Takes ".DIGITS" off the end; false where there is none.
bool DropNumber(std::string_view& name) {
  const size_t dot = name.rfind('.');
  if (dot == name.npos || dot + 1 == name.size()) return false;
  if (name.find_first_not_of("0123456789", dot + 1) != name.npos) return false;
  name = name.substr(0, dot);
  return true;
}

bool IsTemporaryOf(std::string_view name, FunctionRef<bool(const std::string& name, bool is_cut)> is_ours) {
  if (!name.ends_with(kEnding)) return false;
  const bool is_cut = name.size() == NAME_MAX;  // or, which is rare, just fits
  name.remove_suffix(kEnding.size());
  // "a.1" may be a file's name as well, so that a.1.2.part has two readings.
  for (int numbers = 0; numbers < 2 && DropNumber(name); numbers++)
    if (!name.empty() && is_ours(std::string(name), is_cut)) return true;
  return false;
}

void RemoveIfLeft(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return;
  // For writing: network file systems give no lock otherwise.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return;
  // While it is locked no writer takes it for its own (LockTemporary).
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && IsNameOf(descriptor, path)) ::unlink(path.c_str());
  ::close(descriptor);
}

}  // namespace

fs::path TemporaryName(const fs::path& file, int number) {
  const std::string ending = fmt::format(".{}{}{}", ::getpid(), number == 0 ? "" : fmt::format(".{}", number), kEnding);
  std::string name = file.filename().string();
  name.resize(std::min(name.size(), NAME_MAX - ending.size()));
  return file.parent_path() / (name + ending);
}

bool LockTemporary(int descriptor, const fs::path& temporary) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;  // without locks nobody removes it
  return IsNameOf(descriptor, temporary);
}

void RemoveLeftovers(const fs::path& folder, FunctionRef<bool(const std::string& name, bool is_cut)> is_ours) {
  std::vector<fs::path> found;
  std::error_code error;
  const fs::path where = folder.empty() ? fs::path(".") : folder;
  for (fs::directory_iterator entry(where, error), end; !error && entry != end; entry.increment(error))
    if (IsTemporaryOf(entry->path().filename().native(), is_ours)) found.push_back(entry->path());
  for (const fs::path& path : found) RemoveIfLeft(path);
}

}  // namespace fcn
