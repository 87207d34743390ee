#include "cli/dataset_generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/temporary.h"
#include "cli/progress.h"
#include "data/scenes.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/png.h"
#include "fcn/text.h"

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
  SceneOptions scene;
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

/// A class file that says what labels of scenes mean.
struct ClassesFile {
  const char* name;
  std::string text;
};

std::string ClassesText(const std::vector<std::string>& classes, const std::vector<Colour>& palette) {
  std::string text;
  for (size_t c = 0; c < classes.size(); c++)
    text += fmt::format("{} {} {} {}\n", classes[c], palette[c].r, palette[c].g, palette[c].b);
  return text;
}

ClassesFile SceneClassesFile() { return {"classes.txt", ClassesText(SceneClasses(), ScenePalette())}; }

ClassesFile GeometryClassesFile() {
  return {"classes-geometry.txt", ClassesText(SceneGeometries(), SceneGeometryPalette())};
}

/// Stands in the folder from the first scene to the class file, so that a generation that was ended can be done again.
constexpr const char* kUnfinished = ".unfinished-scenes";

/// Where scenes have more than a picture and its classes.
constexpr const char* kDepths = "images-depth";
constexpr const char* kGeometry = "masks-geometry";

/// The folders of scenes below it, of which some are made where they are asked for alone.
struct Place {
  fs::path path;
  bool is_wanted;
};
std::vector<Place> Places(const fs::path& folder, const SceneOptions& scene) {
  std::vector<Place> places;
  for (const char* split : {"train", "val"}) {
    for (const char* part : {"images", "masks"}) places.push_back({folder / split / part, true});
    places.push_back({folder / split / kDepths, scene.depth});
    places.push_back({folder / split / kGeometry, scene.geometry});
  }
  return places;
}

void CheckIsOfScenes(const fs::path& folder, const ClassesFile& classes) {
  const fs::path path = folder / classes.name;
  if (!Exists(path)) return;
  const std::vector<uint8_t> found = ReadFile(path);
  if (!std::equal(found.begin(), found.end(), classes.text.begin(), classes.text.end()))
    throw Error(ErrorCode::kUsage, fmt::format("{} names other classes than those of the scenes", path.string()),
                "Choose another folder with -o, or remove that file.");
}

/// Throws where what would be replaced is not of an earlier run: pictures may have any name, also that of a scene.
void CheckReplacesScenes(const GenerateOptions& options) {
  const fs::path folder = options.output;
  CheckIsOfScenes(folder, SceneClassesFile());
  CheckIsOfScenes(folder, GeometryClassesFile());
  const bool is_ours = Exists(folder / "classes.txt") || Exists(folder / kUnfinished);
  for (const Place& place : Places(folder, options.scene)) {
    std::error_code error;
    for (const fs::path& part : {place.path.parent_path(), place.path})
      if (fs::is_symlink(fs::symlink_status(part, error)))
        throw Error(ErrorCode::kUsage, fmt::format("{} is a link: scenes would be written elsewhere", part.string()),
                    "Choose another folder with -o, or remove the link.");
    if (is_ours || !IsFolder(place.path)) continue;
    for (const FolderEntry& entry : ReadFolder(place.path))
      if (IsSceneName(entry.path.filename().string()))
        throw Error(ErrorCode::kUsage,
                    fmt::format("{} is no scene of an earlier generation: {} has no classes.txt", entry.path.string(),
                                folder.string()),
                    "Choose another folder with -o, or move that picture away.");
  }
}

/// A folder that is not wanted is removed where it had nothing but scenes.
void RemoveScenes(const Place& place) {
  RemoveLeftovers(place.path, [](const std::string& name, bool) { return IsSceneName(name); });
  for (const FolderEntry& entry : ReadFolder(place.path))
    if (IsSceneName(entry.path.filename().string())) Remove(entry.path);
  if (!place.is_wanted && ReadFolder(place.path).empty()) Remove(place.path);
}

/// Makes the folder. One that holds anything is used only with --overwrite; scenes of an earlier run are then removed,
/// so that two series never mix, and nothing else is.
void PrepareFolder(const GenerateOptions& options) {
  const fs::path folder = options.output;
  MakeFolder(folder);
  if (!ReadFolder(folder).empty() && !options.overwrite)
    throw Error(ErrorCode::kUsage, fmt::format("the folder {} is not empty", folder.string()),
                "Choose another one with -o, or replace the scenes in it with --overwrite.");
  CheckReplacesScenes(options);
  WriteFile(folder / kUnfinished, std::string());
  for (const ClassesFile& classes : {SceneClassesFile(), GeometryClassesFile()}) Remove(folder / classes.name);
  RemoveLeftovers(folder, [](const std::string& name, bool) {
    return name == SceneClassesFile().name || name == GeometryClassesFile().name || name == kUnfinished;
  });
  for (const Place& place : Places(folder, options.scene)) {
    if (place.is_wanted) MakeFolder(place.path);
    if (place.is_wanted || IsFolder(place.path)) RemoveScenes(place);
  }
}

void WriteLabels(const fs::path& path, const LabelMap& map, const std::vector<Colour>& palette) {
  const std::vector<uint8_t> labels(map.labels.begin(), map.labels.end());
  WriteIndexedPng(path, labels.data(), map.width, map.height, palette, IfExists::kRefuse);
}

void WriteScene(const fs::path& folder, const Sample& sample) {
  const std::string file = sample.name + ".png";
  WriteRgbPng(folder / "images" / file, ToImage(sample.inputs[0]), IfExists::kRefuse);
  WriteLabels(folder / "masks" / file, sample.labels[0], ScenePalette());
  if (sample.inputs.size() > 1) {
    const Raster& depth = sample.inputs[1];
    WriteGrey16Png(folder / kDepths / file, depth.Of<uint16_t>().data(), depth.width, depth.height, IfExists::kRefuse);
  }
  if (sample.labels.size() > 1) WriteLabels(folder / kGeometry / file, sample.labels[1], SceneGeometryPalette());
}

/// How the other verbs are told what there is beside pictures and classes.
std::string RolesText(const SceneOptions& scene) {
  std::string text;
  if (scene.depth) text += " --inputs image,depth:1";
  if (scene.geometry) text += " --heads class,geometry";
  return text;
}

int RunGenerate(const GenerateOptions& options, const CommonOptions& common) {
  const ImageSize size = ParseSize(options.size);
  SceneOptions scene = options.scene;
  scene.width = static_cast<int>(size.width), scene.height = static_cast<int>(size.height);
  GenerateScene(options.seed, 0, scene);  // refuses the size before anything is written
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
      WriteScene(fs::path(options.output) / (train ? "train" : "val"), GenerateScene(options.seed, index, scene));
      const std::lock_guard lock(mutex);
      progress.Update(++done);
    });
  }
  // Last, so that a folder with classes.txt is a whole data set.
  if (scene.geometry)
    WriteFile(fs::path(options.output) / GeometryClassesFile().name, GeometryClassesFile().text, IfExists::kRefuse);
  WriteFile(fs::path(options.output) / SceneClassesFile().name, SceneClassesFile().text, IfExists::kRefuse);
  Remove(fs::path(options.output) / kUnfinished);
  SyncFolder(options.output);

  nlohmann::ordered_json json = {{"output", options.output}, {"train", options.train}, {"val", options.validation},
                                 {"width", scene.width},     {"height", scene.height}, {"seed", options.seed},
                                 {"classes", SceneClasses()}};
  if (scene.geometry) json["geometry"] = SceneGeometries();
  if (scene.depth) json["depths_per_metre"] = kSceneDepthsPerMetre;
  if (scene.ambiguous) json["ambiguous"] = true;
  std::string text =
      fmt::format("{}: {} scenes to train with and {} to validate with, {}x{}, {} classes\n", Shown(options.output),
                  options.train, options.validation, scene.width, scene.height, SceneClasses().size());
  if (const std::string roles = RolesText(scene); !roles.empty())
    text += fmt::format("  what they have beside:{}\n", roles);
  PrintResult(common, json, text);
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
  verb->add_flag("--depth", options->scene.depth,
                 "Also their depth, in images-depth: grey PNGs of 16 bits, 256 a metre, 0 for the sky");
  verb->add_flag("--heads", options->scene.geometry,
                 "Also a second label map, in masks-geometry: ground, vertical, sky (classes-geometry.txt)");
  verb->add_flag("--ambiguous", options->scene.ambiguous,
                 "Cover everything with one paint, so that colour says next to nothing and depth all the more");
  verb->add_flag("--overwrite,--force", options->overwrite,
                 "Write into a folder that is not empty: scenes of an earlier run in it are replaced");
  verb->footer(
      "The folder receives train/images, train/masks, val/images and val/masks (labels as palette PNGs) and\n"
      "classes.txt (a name and a colour per line). The same seed gives the same bytes on every machine.");
  verb->final_callback(
      [options, &common, &run] { run = [options, &common] { return RunGenerate(*options, common); }; });
}

}  // namespace fcn::cli
