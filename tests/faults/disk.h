#pragma once

#include <memory>
#include <string>
#include <vector>

#include "faults/tree.h"

namespace fcn::test {

/// A call of the program on a file below a folder, or the start of a thread, as library/faults.cc writes it down.
struct Call {
  std::string kind, path, more;
  int error = 0;
  uint64_t inode = 0;
};

/// What a disk may hold while calls are made, one after the other: an fsync of a file makes its bytes durable, one of a
/// folder the names in it, and nothing else does.
class Disk {
 public:
  /// `before` is durable. `snapshots` is where the library left what files held when they were synced.
  Disk(const Tree& before, std::filesystem::path snapshots);

  void Make(const Call& call);

  /// What is left when the power goes now, at the worst: what is durable.
  Tree Durable() const;
  /// Names as they are now, of files that have their durable bytes: none if they never had any.
  Tree Names() const;
  /// The same, where the file system keeps sizes, too: bytes that are not durable are zeros.
  Tree NamesAndSizes() const;
  /// What is seen when the process is killed, given the last bytes of the files that another disk has had after all
  /// calls.
  Tree Now(const std::vector<std::vector<uint8_t>>& last_bytes) const;
  /// These, in the order in which the files came to be: what is there `after` them, and otherwise what was synced.
  std::vector<std::vector<uint8_t>> LastBytes(const Tree& after) const;

 private:
  struct File {
    std::vector<uint8_t> durable;
    size_t size = 0;  ///< now
  };
  using Names_ = std::map<std::string, std::shared_ptr<File>>;  // nothing for folders, which have a / at their end

  template <typename BytesOf>
  static Tree TreeOf(const Names_& names, BytesOf bytes_of);
  void SyncFolder(const std::string& folder);

  std::filesystem::path snapshots_;
  std::vector<std::shared_ptr<File>> files_;
  std::map<uint64_t, std::shared_ptr<File>> inodes_;
  Names_ now_, durable_;
};

}  // namespace fcn::test
