#include "fcn/voc_results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <system_error>

#include "data/known_classes.h"
#include "data/listing_parts.h"
#include "data/lists.h"
#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

/// "VOC2012", and those of the years before and after.
bool IsVocEdition(const std::string& name) {
  return name.size() == 7 && name.starts_with("VOC") &&
         std::all_of(name.begin() + 3, name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Results are files of that name: it must not lead elsewhere.
bool IsPlainName(const std::string& name) {
  return !name.empty() && !name.starts_with('.') && name.find('/') == name.npos;
}

}  // namespace

VocTask ParseVocTask(const std::string& text, const fs::path& folder) {
  constexpr std::string_view kFront = "comp", kBack = "_cls";
  VocTask task;
  if (text.starts_with(kFront) && text.ends_with(kBack) && text.size() > kFront.size() + 2 + kBack.size() &&
      text[kFront.size() + 1] == '_') {
    task.competition = text[kFront.size()] - '0';
    const size_t begin = kFront.size() + 2;
    task.split = text.substr(begin, text.size() - kBack.size() - begin);
  }
  if ((task.competition != 5 && task.competition != 6) || !IsPlainName(task.split))
    throw Error(ErrorCode::kUsage, fmt::format("{} is no task of PASCAL VOC's server", Quoted(text)),
                "It is comp5_test_cls for a model that was trained on VOC alone, comp6_test_cls for others; val in "
                "place of test for the pictures of val.txt.");
  std::error_code none;
  const fs::path normal = fs::absolute(folder, none).lexically_normal();
  const std::string name = (normal.has_filename() ? normal : normal.parent_path()).filename().string();
  if (IsVocEdition(name)) task.edition = name;
  return task;
}

fs::path VocResultPath(const VocTask& task, const std::string& name) {
  return fs::path("results") / task.edition / "Segmentation" /
         fmt::format("comp{}_{}_cls", task.competition, task.split) / (name + ".png");
}

std::vector<VocPicture> ListVocPictures(const fs::path& folder, const std::string& split) {
  const fs::path list = folder / "ImageSets" / "Segmentation" / (split + ".txt");
  if (!HasVocList(folder, split))
    throw Error(ErrorCode::kInput, fmt::format("there is no list {} of a VOC split", list.string()),
                "Name VOC's own folder, which has JPEGImages and ImageSets; test.txt comes with the test pictures.");
  std::vector<VocPicture> pictures;
  std::set<std::string> names;
  std::vector<std::string> missing;
  for (const std::string& name : ParseNames(ReadListText(list), list.string())) {
    if (!IsPlainName(name) || !names.insert(name).second)
      throw Error(ErrorCode::kInput,
                  fmt::format("{} has {}, which {}", list.string(), Quoted(name),
                              IsPlainName(name) ? "is there already" : "is no name of a picture"),
                  "A split has a picture's name in each line and nothing else, such as 2008_000001.");
    pictures.push_back({name, folder / "JPEGImages" / (name + ".jpg")});
    if (!IsFile(pictures.back().file)) missing.push_back(name);
  }
  constexpr size_t kNamed = 10;
  const size_t count = missing.size();
  missing.resize(std::min(count, kNamed));
  if (count > 0)
    throw Error(ErrorCode::kInput,
                fmt::format("{} of {} pictures of {} are not in {}: {}{}", count, pictures.size(), list.string(),
                            (folder / "JPEGImages").string(), fmt::join(missing, ", "),
                            count > kNamed ? fmt::format(" and {} more", count - kNamed) : ""),
                "The server wants a result for every picture of the list: unpack all pictures of the split.");
  return pictures;
}

std::vector<uint16_t> VocIndices(std::span<const std::string> classes) {
  const std::vector<std::string> names = VocClasses().names;
  std::vector<uint16_t> indices;
  for (const std::string& name : classes) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
      const std::string nearest = NearestName(name, names);
      throw Error(ErrorCode::kUsage, fmt::format("PASCAL VOC has no class {}", Quoted(name)),
                  nearest.empty()
                      ? fmt::format("Its classes are {}.", fmt::join(names, ", "))
                      : fmt::format("Did you mean {}? Its classes are {}.", nearest, fmt::join(names, ", ")));
    }
    indices.push_back(static_cast<uint16_t>(found - names.begin()));
  }
  return indices;
}

}  // namespace fcn
