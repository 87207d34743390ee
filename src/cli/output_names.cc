#include "cli/output_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

/// The last `count` folders of a path.
fs::path LastFolders(const fs::path& path, size_t count) {
  const fs::path folders = path.relative_path();
  const auto all = static_cast<size_t>(std::distance(folders.begin(), folders.end()));
  fs::path last;
  for (auto part = std::next(folders.begin(), static_cast<std::ptrdiff_t>(all - std::min(all, count)));
       part != folders.end(); part++)
    last /= *part;
  return last;
}

/// For each root as many of its last folders as no other root ends with.
std::map<fs::path, fs::path> RootNames(std::span<const PicturePlace> places) {
  std::map<fs::path, fs::path> names;
  for (const PicturePlace& place : places) names.try_emplace(place.root);
  std::vector<fs::path> open;
  open.reserve(names.size());
  for (const auto& [root, name] : names) open.push_back(root);
  for (size_t folders = 1; !open.empty(); folders++) {
    std::map<fs::path, std::vector<fs::path>> alike;
    for (const fs::path& root : open) alike[LastFolders(root, folders)].push_back(root);
    open.clear();
    for (const auto& [name, roots] : alike)
      for (const fs::path& root : roots) {
        names[root] = name;
        if (roots.size() > 1 && name != root.relative_path()) open.push_back(root);
      }
  }
  return names;
}

/// Names under which results would meet are changed one way after the other until none do.
class Naming {
 public:
  Naming(std::span<const PicturePlace> places, const std::vector<std::string>& endings)
      : places_(places),
        endings_(endings),
        root_names_(RootNames(places)),
        keeps_ending_(places.size()),
        number_(places.size(), 1) {
    order_.resize(places.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
      return std::tie(places[a].root, places[a].below) < std::tie(places[b].root, places[b].below);
    });
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names(places_.size());
    do {
      for (size_t i = 0; i < names.size(); i++) names[i] = Name(i);
    } while (!AllDiffer(names));
    return names;
  }

 private:
  std::string Name(size_t i) const {
    const PicturePlace& place = places_[i];
    fs::path name = place.below;
    if (!keeps_ending_[i]) name.replace_extension();
    if (named_roots_.contains(place.root)) name = root_names_.at(place.root) / name;
    return number_[i] > 1 ? fmt::format("{}-{}", name.string(), number_[i]) : name.string();
  }

  /// Finds who would meet whom, and tells them apart further. True where nobody would.
  bool AllDiffer(const std::vector<std::string>& names) {
    std::unordered_set<std::string> folders;
    for (const std::string& name : names)
      for (size_t slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1))
        folders.insert(name.substr(0, slash));
    std::unordered_map<std::string, size_t> makers;
    std::vector<std::pair<size_t, size_t>> meetings;
    for (const size_t i : order_)
      for (const std::string& ending : endings_) {
        const std::string result = names[i] + ending;
        const size_t other = makers.emplace(result, i).first->second;
        if (other == i && !folders.contains(result)) continue;
        meetings.emplace_back(other, i);
        break;
      }
    // All meetings are of the names as they were, so each is judged by that.
    const std::set<fs::path> named_roots = named_roots_;
    const std::vector<char> keeps_ending = keeps_ending_;
    for (const auto& [one, other] : meetings) {
      const fs::path &root = places_[one].root, &other_root = places_[other].root;
      if (root != other_root && !(named_roots.contains(root) && named_roots.contains(other_root))) {
        named_roots_.insert({root, other_root});
      } else if (!keeps_ending[one] || !keeps_ending[other]) {
        keeps_ending_[one] = keeps_ending_[other] = true;
      } else {
        number_[other]++;
      }
    }
    return meetings.empty();
  }

  std::span<const PicturePlace> places_;
  const std::vector<std::string>& endings_;
  const std::map<fs::path, fs::path> root_names_;
  std::set<fs::path> named_roots_;
  std::vector<char> keeps_ending_;
  std::vector<int> number_;
  std::vector<size_t> order_;
};

}  // namespace

std::string HeadEnding(const std::string& head, size_t heads) { return heads == 1 ? std::string() : "." + head; }

std::vector<std::string> ResultEndings(const std::vector<std::string>& heads) {
  std::vector<std::string> endings;
  for (const std::string& head : heads)
    for (const char* ending : kResultEndings) endings.push_back(HeadEnding(head, heads.size()) + ending);
  return endings;
}

std::vector<std::string> OutputNames(std::span<const PicturePlace> places, const std::vector<std::string>& endings) {
  return Naming(places, endings).Names();
}

}  // namespace fcn::cli
