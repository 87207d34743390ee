#pragma once

#include <filesystem>

namespace fcn {

/// An open file, closed with it.
class Descriptor {
 public:
  /// Opens for reading. Throws Error(kIo) that names the file. A pipe is not waited for.
  explicit Descriptor(const std::filesystem::path& path);
  /// Takes what a call has opened, or throws likewise for the errno that it left.
  Descriptor(int opened, const std::filesystem::path& path);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int operator*() const { return value_; }
  /// For the caller to close.
  int Release();

 private:
  int value_;
};

/// Whether a name is still an open file's: false where it is a link, or where it cannot be told, with its errno.
bool IsNameOf(int descriptor, const std::filesystem::path& path);

}  // namespace fcn
