#include "cli/other_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fcn/files.h"
#include "fcn/picture_files.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

/// Pictures by their names without endings.
using Stems = std::multimap<std::string, fs::path>;

Stems StemsOf(const fs::path& folder) {
  Stems stems;
  for (const FolderEntry& entry : ReadFolder(folder))
    if (HasPictureEnding(entry.path.filename()) && entry.type == fs::file_type::regular)
      stems.emplace(entry.path.stem().string(), entry.path);
  return stems;
}

/// What a folder that was given holds, read once.
class Folders {
 public:
  const Stems& In(const fs::path& folder) {
    const auto [place, is_new] = folders_.try_emplace(folder);
    if (is_new && IsFolder(folder)) place->second = StemsOf(folder);
    return place->second;
  }

 private:
  std::map<fs::path, Stems> folders_;
};

}  // namespace

OtherInputs::OtherInputs(const std::vector<std::string>& given, const std::vector<InputInfo>& inputs) {
  for (size_t i = 1; i < inputs.size(); i++) inputs_.push_back({inputs[i].name, {}});
  for (const std::string& text : given) {
    const size_t equals = text.find('=');
    if (equals == text.npos || equals == 0 || equals + 1 == text.size())
      throw Error(ErrorCode::kUsage, fmt::format("--input {} is not NAME=FILE", Quoted(text)),
                  "Name a model's input and its pictures, as in --input depth=depths/.");
    const std::string name = text.substr(0, equals);
    if (name == inputs[0].name)
      throw Error(ErrorCode::kUsage, fmt::format("--input {}: these are the pictures themselves", Quoted(name)),
                  "Give them without a flag.");
    const auto input = std::ranges::find(inputs_, name, &Input::name);
    if (input == inputs_.end())
      throw Error(ErrorCode::kUsage, fmt::format("--input: the model has no input {}", Quoted(name)),
                  "fcn info MODEL names its inputs.");
    input->paths.emplace_back(text.substr(equals + 1));
  }
  for (const Input& input : inputs_)
    if (input.paths.empty())
      throw Error(
          ErrorCode::kUsage, fmt::format("the model takes {} as well", Quoted(input.name)),
          fmt::format("Give a file, or a folder of files with the pictures' names: --input {}=FOLDER.", input.name));
}

void OtherInputs::Find(InputList& list) const {
  Folders folders;
  for (InputPicture& picture : list.pictures) {
    for (const Input& input : inputs_) {
      if (picture.failure) break;
      const fs::path below = picture.place.below;
      std::vector<fs::path> found;
      for (const fs::path& path : input.paths) {
        if (IsFolder(path)) {
          const auto [first, last] = folders.In(path / below.parent_path()).equal_range(below.stem().string());
          for (auto place = first; place != last; place++) found.push_back(place->second);
        } else if (path.stem() == below.stem() || (input.paths.size() == 1 && list.pictures.size() == 1)) {
          found.push_back(path);
        }
      }
      if (found.size() == 1) {
        picture.others.push_back(found[0]);
      } else if (found.empty()) {
        picture.failure =
            Error(ErrorCode::kIo, fmt::format("{}: there is no {} for it", picture.path.string(), Quoted(input.name)),
                  fmt::format("It would be called {}, with any ending: --input {}=FOLDER.", below.stem().string(),
                              input.name));
      } else {
        picture.failure = Error(ErrorCode::kInput,
                                fmt::format("{}: there are {} files of {} for it: {} and {}", picture.path.string(),
                                            found.size(), Quoted(input.name), found[0].string(), found[1].string()),
                                "Give one of them: --input takes files as well.");
      }
    }
  }
  if (list.pictures.size() == 1 && list.pictures.front().failure) throw *list.pictures.front().failure;
}

}  // namespace fcn::cli
