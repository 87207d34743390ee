#include "cli/dataset_generate.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "base/file.h"
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
  bool force = false;
};

[[noreturn]] void ThrowFolder(const fs::path& folder, const std::error_code& error) {
  throw Error(ErrorCode::kIo, fmt::format("cannot use the folder {}: {}", folder.string(), error.message()),
              "Choose another folder with -o.");
}

/// Makes the folder. One that holds anything is used only with --force; scenes of an earlier run are then removed, so
/// that two series never mix, and nothing else is.
void PrepareFolder(const GenerateOptions& options) {
  const fs::path folder = options.output;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) ThrowFolder(folder, error);
  const bool is_empty = fs::is_empty(folder, error);
  if (error) ThrowFolder(folder, error);
  if (!is_empty && !options.force)
    throw Error(ErrorCode::kUsage, fmt::format("the folder {} is not empty", folder.string()),
                "Choose another one with -o, or replace the scenes in it with --force.");
  fs::remove(folder / "classes.txt", error);
  if (error) ThrowFolder(folder, error);
  for (const char* split : {"train", "val"})
    for (const char* part : {"images", "masks"}) {
      const fs::path place = folder / split / part;
      fs::create_directories(place, error);
      if (error) ThrowFolder(place, error);
      std::vector<fs::path> old;
      for (fs::directory_iterator entry(place, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with("scene_") && name.ends_with(".png")) old.push_back(entry->path());
      }
      for (const fs::path& path : old)
        if (!error) fs::remove(path, error);
      if (error) ThrowFolder(place, error);
    }
}

std::string ClassesFile() {
  std::string text;
  for (size_t c = 0; c < SceneClasses().size(); c++) {
    const Colour& colour = ScenePalette()[c];
    text += fmt::format("{} {} {} {}\n", SceneClasses()[c], colour.r, colour.g, colour.b);
  }
  return text;
}

void WriteScene(const fs::path& folder, const Sample& sample) {
  const std::vector<uint8_t> labels(sample.labels.labels.begin(), sample.labels.labels.end());
  WriteRgbPng(folder / "images" / (sample.name + ".png"), sample.image);
  WriteIndexedPng(folder / "masks" / (sample.name + ".png"), labels.data(), sample.labels.width, sample.labels.height,
                  ScenePalette());
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
  WriteFile(fs::path(options.output) / "classes.txt", ClassesFile());

  const nlohmann::ordered_json json = {
      {"output", options.output}, {"train", options.train}, {"val", options.validation}, {"width", width},
      {"height", height},         {"seed", options.seed},   {"classes", SceneClasses()}};
  PrintResult(common, json,
              fmt::format("{}: {} scenes to train with and {} to validate with, {}x{}, {} classes\n", options.output,
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
  verb->add_option("--seed", options->seed, "Another seed, another series of scenes")->capture_default_str();
  verb->add_flag("--force", options->force, "Write into a folder that is not empty; scenes in it are replaced");
  verb->footer(
      "The folder receives train/images, train/masks, val/images and val/masks (labels as palette PNGs) and\n"
      "classes.txt (a name and a colour per line). The same seed gives the same bytes on every machine.");
  verb->final_callback(
      [options, &common, &run] { run = [options, &common] { return RunGenerate(*options, common); }; });
}

}  // namespace fcn::cli
