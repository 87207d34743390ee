#include "faults/tree.h"

#include <cstring>
#include <fstream>

#include "fcn/files.h"

namespace fcn::test {

namespace fs = std::filesystem;

Tree ReadTree(const fs::path& folder) {
  Tree tree;
  if (!fs::exists(folder)) return tree;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_directory())
      tree[name + "/"];
    else
      tree[name] = ReadFile(entry.path());
  }
  return tree;
}

void WriteTree(const fs::path& folder, const Tree& tree) {
  const Tree before = ReadTree(folder);
  for (const auto& [name, bytes] : before)
    if (!tree.contains(name)) fs::remove_all(folder / name);
  if (tree.empty()) fs::remove_all(folder);
  for (const auto& [name, bytes] : tree) {
    if (const auto old = before.find(name); old != before.end() && old->second == bytes) continue;
    fs::create_directories((folder / name).parent_path());
    // Not WriteFile, which is what is tested.
    if (!name.ends_with('/'))
      std::ofstream(folder / name, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
}

uint64_t HashOf(const Tree& tree) {
  uint64_t hash = 14695981039346656037u;
  const auto add = [&](const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    const auto mix = [&](uint64_t word) { hash = (hash ^ word) * 1099511628211u, hash ^= hash >> 29; };
    for (; size >= 8; bytes += 8, size -= 8) {
      uint64_t word = 0;
      std::memcpy(&word, bytes, 8);
      mix(word);
    }
    for (; size > 0; bytes++, size--) mix(*bytes + 256u);
    mix(0);
  };
  for (const auto& [name, bytes] : tree) add(name.data(), name.size()), add(bytes.data(), bytes.size());
  return hash;
}

std::string Differences(const Tree& wanted, const Tree& found) {
  std::string text;
  for (const auto& [name, bytes] : wanted)
    if (const auto other = found.find(name); other == found.end())
      text += " " + name + " is missing;";
    else if (other->second != bytes)
      text += " " + name + " has other bytes;";
  for (const auto& [name, bytes] : found)
    if (!wanted.contains(name)) text += " " + name + " was not expected;";
  return text;
}

}  // namespace fcn::test
