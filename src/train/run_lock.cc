#include "train/run_lock.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/descriptor.h"
#include "base/file_error.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/text.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

/// Who holds a folder, as its file says.
struct Owner {
  int64_t process = 0;
  std::string host, since;

  bool is_here() const;
  std::string ToString() const {
    return fmt::format("process {} on {}, since {}", process, Quoted(host), Quoted(since));
  }
};

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "?";
}

bool Owner::is_here() const { return host == HostName(); }

std::string ToText(const Owner& owner) {
  const nlohmann::ordered_json json = {
      {"fcn", "train"}, {"process", owner.process}, {"host", owner.host}, {"since", owner.since}};
  return PrintableJson(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) + "\n";
}

/// Nobody where the file is empty, since its owner is about to write, or all zeros, as a power cut may leave it. Throws
/// Error(kUsage) for what is not ours.
std::optional<Owner> ReadOwner(int file, const fs::path& path) {
  std::array<char, 1024> text{};
  size_t size = 0;
  while (const ssize_t got = pread(file, text.data() + size, text.size() - size, static_cast<off_t>(size))) {
    if (got < 0 && errno != EINTR) ThrowFileError("read", path, errno);
    size += got > 0 ? static_cast<size_t>(got) : 0;
  }
  const std::string_view written(text.data(), size);
  if (written.find_first_not_of('\0') == written.npos) return std::nullopt;
  const auto json = nlohmann::json::parse(written, nullptr, false);
  try {
    if (json.at("fcn") == "train")
      return Owner{json.at("process").get<int64_t>(), json.at("host").get<std::string>(),
                   json.at("since").get<std::string>()};
  } catch (const nlohmann::json::exception&) {
  }
  throw Error(ErrorCode::kUsage, fmt::format("{} was not written by fcn, which would write over it", path.string()),
              "Choose another folder with -o, or give that file another name.");
}

/// Opens a lock that is there, or makes it. -1 with an errno, of which ENOENT may be a lock that went in between.
int OpenLock(const fs::path& path, bool& is_new) {
  constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  int descriptor = open(path.c_str(), kFlags | O_CREAT | O_EXCL, 0666);
  is_new = descriptor >= 0;
  if (!is_new && errno == EEXIST) descriptor = open(path.c_str(), kFlags);
  return descriptor;
}

[[noreturn]] void ThrowTaken(const fs::path& folder, const std::optional<Owner>& owner, const std::string& remedy) {
  const std::string who = owner ? owner->ToString() : "another process";
  const std::string stop =
      owner && owner->is_here() ? fmt::format(", stop it with a checkpoint (kill -INT {})", owner->process) : "";
  throw Error(ErrorCode::kUsage, fmt::format("another training writes into {}: {}", folder.string(), who),
              fmt::format("Wait until it is done{}, or choose another folder with -o.{}", stop, remedy));
}

}  // namespace

RunLock::RunLock(const fs::path& folder) : path_(folder / "lock") {
  try {
    Make(folder);
    Take(folder);
  } catch (...) {
    Release();
    throw;
  }
}

RunLock::~RunLock() { Release(); }

void RunLock::Make(const fs::path& folder) {
  fs::path path;
  for (const fs::path& part : folder) {
    path /= part;
    if (!Exists(path)) made_.push_back(path);
  }
  MakeFolder(folder);
}

void RunLock::Take(const fs::path& folder) {
  constexpr int kMostTries = 100;  // trainings may begin and end here, but not that many
  struct stat status {};
  int tries = 0;
  bool is_new = false;
  do {
    if (++tries > kMostTries) ThrowFileError("lock", path_, errno);
    if (descriptor_ >= 0) close(descriptor_);  // the training that had that file has removed it in between
    descriptor_ = OpenLock(path_, is_new);
    const int cause = errno;
    if (descriptor_ < 0 && cause == ENOENT) continue;
    if (descriptor_ < 0 || fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode))
      throw Error(ErrorCode::kIo,
                  fmt::format("cannot write {}: {}", path_.string(),
                              descriptor_ < 0 ? std::strerror(cause) : "no regular file"),
                  "Choose another folder with -o.");
    is_held_ = flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
    if (!is_held_ && errno == EWOULDBLOCK) ThrowTaken(folder, ReadOwner(descriptor_, path_), "");
    if (!is_held_)
      warning_ = fmt::format("the file system of {} has no locks ({}): see to it that no other training writes there",
                             folder.string(), std::strerror(errno));
    errno = EAGAIN;  // unless the name cannot be asked about
  } while (descriptor_ < 0 || !IsNameOf(descriptor_, path_));
  is_ours_ = is_new;

  const std::string if_killed = fmt::format(" If it was killed, remove {}.", path_.string());
  const std::optional<Owner> before = ReadOwner(descriptor_, path_);
  // Empty and locked by us: whoever made it lives no more. Without locks its owner may be about to write into it.
  if (!before && !is_new && !is_held_) ThrowTaken(folder, before, if_killed);
  if (before) {
    const bool may_live = !before->is_here() || kill(static_cast<pid_t>(before->process), 0) == 0 || errno == EPERM;
    if (!is_held_ && may_live) ThrowTaken(folder, before, if_killed);
    if (!before->is_here())
      warning_ = fmt::format(
          "{} was left by {}. If it was not killed, and that host's locks are not seen here, both "
          "write into one folder",
          path_.string(), before->ToString());
  }
  is_ours_ = true;
  const Owner owner{getpid(), HostName(), fmt::format("{:%F %T} UTC", fmt::gmtime(std::time(nullptr)))};
  const std::string text = ToText(owner);
  // Without its text, on a full disk, it is a lock all the same.
  if (ftruncate(descriptor_, 0) != 0) return;
  [[maybe_unused]] const ssize_t wrote = pwrite(descriptor_, text.data(), text.size(), 0);
}

void RunLock::Check() const {
  if (IsNameOf(descriptor_, path_)) return;
  throw Error(ErrorCode::kIo,
              fmt::format("{} was removed or replaced while this training ran: another may write there, so this one "
                          "writes nothing more",
                          path_.string()),
              "Before anything is started there again, see that no other training runs in that folder.");
}

void RunLock::Release() noexcept {
  if (is_ours_ && IsNameOf(descriptor_, path_))
    unlink(path_.c_str());  // while it is locked: nobody else can have it yet
  if (descriptor_ >= 0) close(descriptor_);
  for (auto folder = made_.rbegin(); folder != made_.rend(); folder++) rmdir(folder->c_str());  // if it is empty
}

}  // namespace fcn
