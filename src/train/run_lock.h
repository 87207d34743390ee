#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fcn {

/// Keeps a run's folder for one training as long as it lives: a lock of the operating system on the file `lock` in it,
/// which ends with the process however that ends, so that no kill leaves a folder locked. The file says who has it.
class RunLock {
 public:
  /// Makes the folder where it is missing. Throws Error(kUsage) that names the other training where there is one, or
  /// where `lock` is a file of somebody else's; Error(kIo) where the folder cannot be made or written to.
  explicit RunLock(const std::filesystem::path& folder);
  /// Removes the file, and the folders that were made where nothing was written into them.
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  /// Throws Error(kIo) where the folder's lock is no longer the file that this one holds: who finds none begins another
  /// training there. Asked before anything is written.
  void Check() const;

  /// Whether the file system has locks. Where it has none, only the file says that another training is there.
  bool is_held() const { return is_held_; }
  /// What a person should know of it; may be empty.
  const std::string& warning() const { return warning_; }

 private:
  void Make(const std::filesystem::path& folder);
  void Take(const std::filesystem::path& folder);
  void Release() noexcept;

  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;  // outer ones first
  std::string warning_;
  int descriptor_ = -1;
  bool is_held_ = false, is_ours_ = false;
};

}  // namespace fcn
