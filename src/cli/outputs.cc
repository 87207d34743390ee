#include "cli/outputs.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <optional>
#include <set>
#include <string>

#include "cli/result_mark.h"
#include "fcn/error.h"
#include "fcn/files.h"

namespace fcn::cli {

namespace fs = std::filesystem;

namespace {

/// Of what has the name: of a link itself, not of what it leads to.
std::optional<FileIdentity> EntryIdentity(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

}  // namespace

void Outputs::Add(const fs::path& file) {
  names_[file.parent_path()].insert(file.filename().string());
  if (const auto identity = EntryIdentity(file))
    existing_.emplace(file, *identity);
  else if (errno == ENAMETOOLONG || file.filename().native().size() > NAME_MAX)  // where its folder is missing, too
    throw Error(ErrorCode::kInput, fmt::format("cannot write {}: the name is too long", file.string()),
                "Use a shorter name.");
}

void Outputs::Check(const std::vector<fs::path>& inputs) const {
  std::set<FileIdentity> read;
  for (const fs::path& input : inputs)
    if (const auto identity = IdentityOf(input)) read.insert(*identity);
  std::set<FileIdentity> own;
  for (const auto& [file, itself] : existing_) own.insert(itself);
  std::set<FileIdentity> targets;
  constexpr size_t kNamed = 3;
  std::string names;
  size_t named = 0;
  for (const auto& [file, itself] : existing_) {
    if (const auto identity = IdentityOf(file); identity && read.contains(*identity))
      throw Error(ErrorCode::kUsage, fmt::format("{} would be replaced, but is an input of this run", file.string()),
                  "Write elsewhere with -o.");
    CheckReplaceable(file);
    if (const auto identity = IdentityOf(file); identity && identity != itself) {  // a link, which would be followed
      if (!targets.insert(*identity).second || own.contains(*identity))
        throw Error(ErrorCode::kUsage, fmt::format("{} is a link to another file that is written", file.string()),
                    "Remove the link, or write elsewhere with -o.");
    }
    if (overwrite_ && file.extension() == ".png" && IdentityOf(file) && !HasResultMark(file))
      throw Error(ErrorCode::kUsage,
                  fmt::format("{} is there already, and is no result of fcn segment: it could be a mask of yours",
                              file.string()),
                  "Write elsewhere with -o, or remove that file first: --overwrite replaces results alone.");
    if (++named <= kNamed) names += (named > 1 ? ", " : "") + file.string();
  }
  if (!existing_.empty() && !overwrite_)
    throw Error(ErrorCode::kUsage,
                existing_.size() == 1 ? fmt::format("{} is there already", names)
                                      : fmt::format("{} files are there already: {}{}", existing_.size(), names,
                                                    named > kNamed ? fmt::format(" and {} more", named - kNamed) : ""),
                "Write elsewhere with -o, or replace them with --overwrite.");
  for (const auto& [folder, files] : names_)
    RemoveLeftovers(folder, [&ours = files](const std::string& name, bool is_cut) {
      const auto first = ours.lower_bound(name);
      return first != ours.end() && (is_cut ? first->starts_with(name) : *first == name);
    });
}

IfExists Outputs::ModeOf(const fs::path& file) const {
  // What was there may have been replaced meanwhile, by others or, where upper and lower case are one, by this run.
  const auto found = existing_.find(file);
  const bool is_the_same = found != existing_.end() && EntryIdentity(file) == found->second;
  return overwrite_ && is_the_same ? IfExists::kReplace : IfExists::kRefuse;
}

}  // namespace fcn::cli
