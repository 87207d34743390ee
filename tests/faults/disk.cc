#include "faults/disk.h"

#include <algorithm>

#include "fcn/files.h"

namespace fcn::test {

Disk::Disk(const Tree& before, std::filesystem::path snapshots) : snapshots_(std::move(snapshots)) {
  for (const auto& [name, bytes] : before) {
    std::shared_ptr<File>& file = now_[name];
    if (name.ends_with('/')) continue;
    file = std::make_shared<File>(File{bytes, bytes.size()});
    files_.push_back(file);
  }
  durable_ = now_;
}

void Disk::Make(const Call& call) {
  if (call.error != 0) return;
  const auto& [kind, path, more, error, inode] = call;
  if (kind == "open-write" && more == "new") {
    files_.push_back(inodes_[inode] = std::make_shared<File>());
    if (!path.ends_with('#')) now_[path] = inodes_[inode];
  } else if (kind == "open-write") {
    inodes_[inode] = now_.at(path);
    if (more == "cut") inodes_[inode]->size = 0;
  } else if (kind == "write") {
    inodes_.at(inode)->size += std::stoul(more);
  } else if (kind == "truncate") {
    inodes_.at(inode)->size = std::stoul(more);
  } else if (kind == "sync") {
    inodes_.at(inode)->durable = ReadFile(snapshots_ / more);
  } else if (kind == "sync-folder") {
    SyncFolder(path);
  } else if (kind == "rename") {
    now_[path] = now_.at(more);
    if (path != more) now_.erase(more);
  } else if (kind == "link") {
    now_[path] = inodes_.at(inode);
  } else if (kind == "unlink") {
    now_.erase(path);
  } else if (kind == "mkdir") {
    now_[path + "/"];
  } else if (kind == "rmdir") {
    now_.erase(path + "/");
  }
}

void Disk::SyncFolder(const std::string& folder) {
  const std::string start = folder == "." ? "" : folder + "/";
  const auto is_in_it = [&](const std::string& name) {
    if (!name.starts_with(start) || name.size() == start.size()) return false;
    const size_t slash = name.find('/', start.size());
    return slash == name.npos || slash + 1 == name.size();
  };
  std::erase_if(durable_, [&](const auto& entry) { return is_in_it(entry.first); });
  for (const auto& [name, file] : now_)
    if (is_in_it(name)) durable_[name] = file;
}

template <typename BytesOf>
Tree Disk::TreeOf(const Names_& names, BytesOf bytes_of) {
  Tree tree;
  for (const auto& [name, file] : names) {
    bool is_reached = true;  // a name in a folder that is lost is lost
    for (size_t slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1))
      is_reached = is_reached && names.contains(name.substr(0, slash + 1));
    if (!is_reached) continue;
    std::vector<uint8_t>& bytes = tree[name];
    if (file) bytes = bytes_of(file);
  }
  return tree;
}

Tree Disk::Durable() const {
  return TreeOf(durable_, [](const auto& file) { return file->durable; });
}

Tree Disk::Names() const {
  return TreeOf(now_, [](const auto& file) { return file->durable; });
}

Tree Disk::NamesAndSizes() const {
  return TreeOf(now_, [](const auto& file) {
    std::vector<uint8_t> bytes = file->durable;
    bytes.resize(file->size);
    return bytes;
  });
}

Tree Disk::Now(const std::vector<std::vector<uint8_t>>& last_bytes) const {
  return TreeOf(now_, [&](const auto& file) {
    const auto number = std::find(files_.begin(), files_.end(), file) - files_.begin();
    std::vector<uint8_t> bytes = last_bytes.at(static_cast<size_t>(number));
    if (bytes.size() > file->size) bytes.resize(file->size);
    return bytes;
  });
}

std::vector<std::vector<uint8_t>> Disk::LastBytes(const Tree& after) const {
  std::vector<std::vector<uint8_t>> bytes;
  for (const auto& file : files_) {
    const auto name = std::find_if(now_.begin(), now_.end(), [&](const auto& entry) { return entry.second == file; });
    bytes.push_back(name != now_.end() && after.contains(name->first) ? after.at(name->first) : file->durable);
  }
  return bytes;
}

}  // namespace fcn::test
