#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct zip;

namespace fcn {

/// A zip archive in memory, by libzip.
class ZipArchive {
 public:
  /// `bytes` must outlive the archive; `file` is what messages call it. Throws Error(kInput) where this is no zip
  /// archive.
  ZipArchive(std::span<const uint8_t> bytes, const std::string& file);

  const std::vector<std::string>& names() const { return names_; }

  struct Content {
    std::shared_ptr<const void> owner;
    std::span<const uint8_t> bytes;
  };
  /// Unpacks one entry; nothing where there is none of that name. Throws Error(kInput) where it is corrupt or not of
  /// the size that the archive's directory declares, Error(kUnsupported) where it is encrypted or compressed in a way
  /// that libzip does not know, Error(kMemory) where `limit` or sixteen times the archive's size is exceeded by all
  /// that was unpacked so far; both by the declared size, before anything is allocated.
  std::optional<Content> Read(const std::string& name, size_t limit = SIZE_MAX);

 private:
  struct Discard {
    void operator()(zip* archive) const;
  };
  std::unique_ptr<zip, Discard> archive_;
  const std::string& file_;
  uint64_t left_to_unpack_;
  std::vector<std::string> names_;
};

}  // namespace fcn
