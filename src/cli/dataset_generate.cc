#include "cli/dataset_generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/folder.h"
#include "base/quoted.h"
#include "base/temporary.h"
#include "cli/progress.h"
#include "data/scenes.h"
#include "fcn/error.h"
#include "image/png.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

/// Scenes to validate with are taken from here on in the series, so that they stay the same whatever the number of
/// those to train with.
constexpr int kFirstValidationScene = 500'000;

struct GenerateOptions {
  std::string output, size = "256x192";
  int train = 200, validation = 40;
  uint64_t seed = 0;
  bool overwrite = false;
};

/// Whether it is the name of a scene that an earlier run wrote.
bool IsSceneName(const std::string& name) {
  constexpr std::string_view kStart = "scene_", kEnd = ".png";
  return name.size() > kStart.size() + kEnd.size() && name.starts_with(kStart) && name.ends_with(kEnd) &&
         std::all_of(name.begin() + kStart.size(), name.end() - kEnd.size(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

void Remove(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
  if (error)
    throw Error(ErrorCode::kIo, fmt::format("cannot remove {}: {}", file.string(), error.message()),
                "Choose another folder with -o.");
}

std::string ClassesFile() {
  std::string text;
  for (size_t c = 0; c < SceneClasses().size(); c++) {
    const Colour& colour = ScenePalette()[c];
    text += fmt::format("{} {} {} {}\n", SceneClasses()[c], colour.r, colour.g, colour.b);
  }
  return text;
}

/// Stands in the folder from the first scene to the class file, so that a generation that was ended can be done again.
constexpr const char* kUnfinished = ".unfinished-scenes";

/// The folders of scenes below it.
std::vector<fs::path> Places(const fs::path& folder) {
  std::vector<fs::path> places;
  for (const char* split : {"train", "val"})
    for (const char* part : {"images", "masks"}) places.push_back(folder / split / part);
  return places;
}

/// Throws where what would be replaced is not of an earlier run: pictures may have any name, also that of a scene.
void CheckReplacesScenes(const fs::path& folder) {
  const fs::path classes = folder / "classes.txt";
  if (Exists(classes)) {
    const std::string wanted = ClassesFile();
    const std::vector<uint8_t> found = ReadFile(classes);
    if (!std::equal(found.begin(), found.end(), wanted.begin(), wanted.end()))
      throw Error(ErrorCode::kUsage, fmt::format("{} names other classes than those of the scenes", classes.string()),
                  "Choose another folder with -o, or remove that file.");
  }
  const bool is_ours = Exists(classes) || Exists(folder / kUnfinished);
  for (const fs::path& place : Places(folder)) {
    std::error_code error;
    for (const fs::path& part : {place.parent_path(), place})
      if (fs::is_symlink(fs::symlink_status(part, error)))
        throw Error(ErrorCode::kUsage, fmt::format("{} is a link: scenes would be written elsewhere", part.string()),
                    "Choose another folder with -o, or remove the link.");
    if (is_ours || !IsFolder(place)) continue;
    for (const FolderEntry& entry : ReadFolder(place))
      if (IsSceneName(entry.path.filename().string()))
        throw Error(ErrorCode::kUsage,
                    fmt::format("{} is no scene of an earlier generation: {} has no classes.txt", entry.path.string(),
                                folder.string()),
                    "Choose another folder with -o, or move that picture away.");
  }
}

/// Makes the folder. One that holds anything is used only with --overwrite; scenes of an earlier run are then removed,
/// so that two series never mix, and nothing else is.
void PrepareFolder(const GenerateOptions& options) {
  const fs::path folder = options.output;
  MakeFolder(folder);
  if (!ReadFolder(folder).empty() && !options.overwrite)
    throw Error(ErrorCode::kUsage, fmt::format("the folder {} is not empty", folder.string()),
                "Choose another one with -o, or replace the scenes in it with --overwrite.");
  CheckReplacesScenes(folder);
  WriteFile(folder / kUnfinished, std::string());
  Remove(folder / "classes.txt");
  RemoveLeftovers(folder, [](const std::string& name, bool) { return name == "classes.txt" || name == kUnfinished; });
  for (const fs::path& place : Places(folder)) {
    MakeFolder(place);
    RemoveLeftovers(place, [](const std::string& name, bool) { return IsSceneName(name); });
    for (const FolderEntry& entry : ReadFolder(place))
      if (IsSceneName(entry.path.filename().string())) Remove(entry.path);
  }
}

void WriteScene(const fs::path& folder, const Sample& sample) {
  const std::vector<uint8_t> labels(sample.labels.labels.begin(), sample.labels.labels.end());
  WriteRgbPng(folder / "images" / (sample.name + ".png"), sample.image, IfExists::kRefuse);
  WriteIndexedPng(folder / "masks" / (sample.name + ".png"), labels.data(), sample.labels.width, sample.labels.height,
                  ScenePalette(), IfExists::kRefuse);
}

int RunGenerate(const GenerateOptions& options, const CommonOptions& common) {
  const ImageSize size = ParseSize(options.size);
  const auto width = static_cast<int>(size.width), height = static_cast<int>(size.height);
  GenerateScene(options.seed, 0, width, height);  // refuses the size before anything is written
  PrepareFolder(options);
  const Context context(common.threads, common.chosen_isa());
  const int count = options.train + options.validation;
  {
    Progress progress("drawing scenes", static_cast<size_t>(count));
    std::mutex mutex;
    size_t done = 0;
    context.Parallel(count, [&](int64_t i, int) {
      const bool train = i < options.train;
      const int64_t index = train ? i : kFirstValidationScene + i - options.train;
      WriteScene(fs::path(options.output) / (train ? "train" : "val"),
                 GenerateScene(options.seed, index, width, height));
      const std::lock_guard lock(mutex);
      progress.Update(++done);
    });
  }
  // Last, so that a folder with this file is a whole data set.
  WriteFile(fs::path(options.output) / "classes.txt", ClassesFile(), IfExists::kRefuse);
  Remove(fs::path(options.output) / kUnfinished);
  SyncFolder(options.output);

  const nlohmann::ordered_json json = {
      {"output", options.output}, {"train", options.train}, {"val", options.validation}, {"width", width},
      {"height", height},         {"seed", options.seed},   {"classes", SceneClasses()}};
  PrintResult(
      common, json,
      fmt::format("{}: {} scenes to train with and {} to validate with, {}x{}, {} classes\n", Shown(options.output),
                  options.train, options.validation, width, height, SceneClasses().size()));
  return 0;
}

}  // namespace

void AddDatasetGenerate(CLI::App& dataset, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* verb = dataset.add_subcommand("generate", "Draw street scenes with exact labels, to try training with");
  verb->add_option("-o,--output", options->output, "The folder to write to, made where it is missing")->required();
  verb->add_option("--count", options->train, "Scenes to train with")
      ->check(CLI::Range(0, kFirstValidationScene))
      ->capture_default_str();
  verb->add_option("--val", options->validation, "Scenes to validate with")
      ->check(CLI::Range(0, kFirstValidationScene))
      ->capture_default_str();
  verb->add_option("--size", options->size, "Their size in pixels")->type_name("WIDTHxHEIGHT")->capture_default_str();
  verb->add_option("--seed", options->seed, "Another seed, another series of scenes")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 53))
      ->capture_default_str();
  verb->add_flag("--overwrite,--force", options->overwrite,
                 "Write into a folder that is not empty: scenes of an earlier run in it are replaced");
  verb->footer(
      "The folder receives train/images, train/masks, val/images and val/masks (labels as palette PNGs) and\n"
      "classes.txt (a name and a colour per line). The same seed gives the same bytes on every machine.");
  verb->final_callback(
      [options, &common, &run] { run = [options, &common] { return RunGenerate(*options, common); }; });
}

}  // namespace fcn::cli
