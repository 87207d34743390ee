#include "base/machine.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>

#include "base/cgroup.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

/// A count that begins the text. Nothing for "max", "unlimited" or "-1", and for more than there can be.
std::optional<int64_t> ParseCount(const std::string& text) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0) return std::nullopt;
  return count;
}

/// The count after `key` at the beginning of one of a file's lines.
std::optional<int64_t> ReadCount(const fs::path& path, const std::string& key = "") {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const size_t value = line.find_first_not_of(" \t", key.size());
    return value == std::string::npos ? std::nullopt : ParseCount(line.substr(value));
  }
  return std::nullopt;
}

/// As ReadCount, of a file that counts in kB.
std::optional<int64_t> ReadKilobytes(const fs::path& path, const std::string& key) {
  const std::optional<int64_t> count = ReadCount(path, key);
  if (!count || *count > INT64_MAX / 1024) return std::nullopt;
  return *count * 1024;
}

class Bounds {
 public:
  /// Of a limit of which so much is in use.
  void Add(const std::string& of, std::optional<int64_t> limit, std::optional<int64_t> used,
           const std::string& remedy) {
    if (!limit || *limit == 0 || !used) return;
    bounds_.push_back({of, *limit, std::max<int64_t>(0, *limit - *used), remedy});
  }
  std::vector<MemoryBound> Take() { return std::move(bounds_); }

 private:
  std::vector<MemoryBound> bounds_;
};

void AddMachine(const fs::path& root, Bounds& bounds) {
  const fs::path meminfo = root / "proc/meminfo";
  const auto read = [&](const char* key) { return ReadKilobytes(meminfo, key); };
  int64_t total = read("MemTotal:").value_or(0);
  if (total == 0) total = int64_t{sysconf(_SC_PHYS_PAGES)} * int64_t{sysconf(_SC_PAGESIZE)};
  std::optional<int64_t> available = read("MemAvailable:");
  if (!available)  // before Linux 3.14
    if (const auto free = read("MemFree:"), cached = read("Cached:"); free && cached) available = *free + *cached;
  bounds.Add("this machine", total, total - std::min(total, available.value_or(total)), "close other programs");
  if (ReadCount(root / "proc/sys/vm/overcommit_memory") == 2)
    bounds.Add("the commit limit", read("CommitLimit:"), read("Committed_AS:"),
               "close other programs, or raise vm.overcommit_ratio");
}

void AddCgroups(const fs::path& root, Bounds& bounds) {
  for (const fs::path& folder : CgroupFolders("memory", root)) {
    const fs::path stat = folder / "memory.stat";
    const auto add = [&](const char* limit, const char* usage, const std::string& prefix) {
      std::optional<int64_t> used = ReadCount(folder / usage);
      for (const char* key : {"inactive_file ", "active_file "})
        if (used) *used -= std::min(*used, ReadCount(stat, prefix + key).value_or(0));
      bounds.Add("the cgroup", ReadCount(folder / limit), used, "give the container more memory");
    };
    add("memory.max", "memory.current", "");
    add("memory.high", "memory.current", "");  // above it, the kernel slows a program down to nothing
    add("memory.limit_in_bytes", "memory.usage_in_bytes", "total_");
  }
}

void AddProcessLimits(const fs::path& root, Bounds& bounds) {
  const fs::path limits = root / "proc/self/limits", status = root / "proc/self/status";
  const std::string remedy = "raise that limit";
  bounds.Add("ulimit -v", ReadCount(limits, "Max address space"), ReadKilobytes(status, "VmSize:"), remedy);
  bounds.Add("ulimit -d", ReadCount(limits, "Max data size"), ReadKilobytes(status, "VmData:"), remedy);
}

}  // namespace

std::vector<MemoryBound> MemoryBounds(const fs::path& root) {
  Bounds bounds;
  AddMachine(root, bounds);
  AddCgroups(root, bounds);
  AddProcessLimits(root, bounds);
  return bounds.Take();
}

MemoryBound TightestMemoryBound(const fs::path& root) {
  const std::vector<MemoryBound> bounds = MemoryBounds(root);
  return *std::ranges::min_element(bounds, {}, &MemoryBound::available);
}

MemoryBound TightestMemoryBound() { return TightestMemoryBound("/"); }

void ReturnFreedMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace fcn
