#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "cli/as_error.h"
#include "cli/lanes.h"
#include "cli/other_inputs.h"
#include "cli/outputs.h"
#include "cli/picture_notes.h"
#include "cli/progress.h"
#include "cli/report_models.h"
#include "cli/verbs.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/report.h"
#include "fcn/segmenter.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

struct ReportVerbOptions {
  std::string output, run, photo, model, title, lead;
  std::vector<std::string> inputs;  ///< NAME=FILE, beside the photo
  int rows = 6;
  bool overwrite = false, has_title = false, has_lead = false;
  ComparisonVerbOptions comparison;
  std::string comparison_flag;  ///< one that was given and is for models alone

  const ReadImageOptions& reading() const { return comparison.data.options.images; }
};

/// What the segmenter makes of the photo, and of what it takes beside it.
ReportPhoto MakePhoto(const ReportVerbOptions& options, const Outputs& outputs, Segmenter& segmenter,
                      const Runtime& runtime, std::vector<ImageNote>& notes) {
  InputList list;
  list.pictures.push_back({.path = options.photo, .place = {.root = {}, .below = fs::path(options.photo).filename()}});
  OtherInputs(options.inputs, segmenter.inputs()).Find(list);
  const InputPicture& photo = list.pictures[0];
  outputs.Check(photo.others);
  std::optional<MemoryGate::Pass> room;
  const std::vector<Raster> pictures =
      Lanes(1, runtime.threads()).Read(photo, segmenter.inputs(), options.reading(), notes, room);
  return Naming(options.photo, [&] {
    return MakeReportPhoto(segmenter, pictures, fs::path(options.photo).filename().string(), runtime);
  });
}

bool IsIn(const fs::path& folder, const fs::path& file) {
  std::error_code error;
  return fs::equivalent(folder, file.parent_path().empty() ? "." : file.parent_path(), error);
}

Outputs PlanPage(const ReportVerbOptions& options) {
  Outputs outputs(options.overwrite);
  outputs.Add(options.output);
  std::vector<fs::path> inputs = {options.photo, options.model};
  if (!options.run.empty())
    for (fs::path& file : FilesOfRun(options.run, options.rows)) inputs.push_back(std::move(file));
  outputs.Check(inputs);
  return outputs;
}

int RunReport(const ReportVerbOptions& options, const CommonOptions& common) {
  if (options.run.empty() && options.photo.empty())
    throw Error(ErrorCode::kUsage, "there is nothing to report",
                "Name a training's folder with --run, a photograph with --photo, or both; or models, and with --data "
                "what to compare them on.");
  if (options.photo.empty() && !options.inputs.empty())
    throw Error(ErrorCode::kUsage, "--input belongs to a photograph, and there is none", "Name it with --photo.");
  if (!options.photo.empty() && options.model.empty() && options.run.empty())
    throw Error(ErrorCode::kUsage, "--photo needs a model", "Name one with --model, or a training with --run.");
  const Outputs outputs = PlanPage(options);
  const Runtime runtime = common.runtime();
  const SegmenterOptions segmenter_options{common.threads,          common.isa,          !common.no_winograd,
                                           !common.no_image_window, common.memory_limit, common.threshold,
                                           common.head_thresholds};
  std::vector<ImageNote> notes;
  nlohmann::ordered_json model_notes = nlohmann::ordered_json::array();
  ReportInput input;
  input.title = options.title;
  input.lead = options.lead;
  std::string of_run;  // its model
  if (!options.run.empty()) {
    Progress progress("segmenting", static_cast<size_t>(options.rows));
    const RunRecord run = ReadRun(options.run);
    of_run = run.model.string();
    Segmenter segmenter(of_run, segmenter_options);
    TellUntrained(segmenter.is_trained(), of_run, model_notes);
    AddRun(run, segmenter, options.rows, input, [&](size_t done) { progress.Update(done); });
  }
  if (!options.photo.empty()) {
    const std::string model = options.model.empty() ? of_run : options.model;
    Segmenter segmenter(model, segmenter_options);
    if (model != of_run) TellUntrained(segmenter.is_trained(), model, model_notes);
    input.photo = MakePhoto(options, outputs, segmenter, runtime, notes);
    PictureNotes().Print(notes);
    const bool of_the_run = !options.run.empty() && IsIn(options.run, model);
    const std::string name = fs::path(model).stem().string();
    input.photo->model = of_the_run ? "the network trained below" : name;
    input.facts.insert(input.facts.begin(), {"Photograph labelled by", fmt::format("{} ({})", name, segmenter.name())});
    if (!of_the_run && !input.training.empty())
      input.training += " It is another network than the one that labelled the photograph above.";
  }
  const std::string page = TrainingReport(input);
  WriteFile(options.output, page, outputs.ModeOf(options.output));
  nlohmann::ordered_json json = {{"output", options.output}, {"bytes", page.size()}, {"rows", input.rows.size()}};
  nlohmann::ordered_json all_notes = NotesJson(notes);
  all_notes.insert(all_notes.end(), model_notes.begin(), model_notes.end());
  if (!all_notes.empty()) json["notes"] = std::move(all_notes);
  PrintResult(common, json,
              fmt::format("{}: {:.1f} MB, open it in a browser\n", Shown(options.output),
                          static_cast<double>(page.size()) / 1e6));
  return 0;
}

/// A page has one of the two.
int RunEither(const ReportVerbOptions& options, const CommonOptions& common) {
  const bool compares = !options.comparison.models.empty();
  if (!compares && !options.comparison_flag.empty())
    throw Error(ErrorCode::kUsage,
                fmt::format("{} is for models that are compared, and there is none", options.comparison_flag),
                "fcn report MODEL [MODEL...] --data DIR --split val -o page.html");
  if (!compares) return RunReport(options, common);
  if (!options.run.empty() || !options.photo.empty() || !options.model.empty())
    throw Error(ErrorCode::kUsage, "models that are compared have a page of their own",
                "Leave --run, --photo and --model out, or the models.");
  ComparisonVerbOptions comparison = options.comparison;
  comparison.output = options.output, comparison.rows = options.rows, comparison.overwrite = options.overwrite;
  if (options.has_title) comparison.title = options.title;
  if (options.has_lead) comparison.lead = options.lead;
  return RunComparison(comparison, common);
}

}  // namespace

void AddReport(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<ReportVerbOptions>();
  CLI::App* verb =
      app.add_subcommand("report", "Show a training and a photograph, or how good models are, on one HTML page");
  verb->add_option("models", options->comparison.models, "Model files: how well they label the pictures of --data");
  verb->add_option("-o,--output", options->output, "The page to write")->required();
  verb->add_flag("--overwrite", options->overwrite, kOverwriteHelp);
  verb->add_option("--run", options->run, "The folder of a training: its curves, scores, and predictions");
  verb->add_option("--rows", options->rows,
                   "Samples to show of its validation data, or of --data; 0: none, a training's data are not read")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  verb->add_option("--photo", options->photo, "A photograph to segment, shown first");
  verb->add_option("--input", options->inputs,
                   "What its model takes beside it: a file, or a folder with one of its name")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
  verb->add_option("--model", options->model, "The model for it (default: the best one of the run)");
  options->title = "What the network sees";
  options->lead = "A fully convolutional network gives a label to every pixel of a picture.";
  verb->add_option("--title", options->title, "The page's title")->capture_default_str();
  verb->add_option("--lead", options->lead, "A sentence or two below it")->capture_default_str();
  AddComparisonOptions(*verb, options->comparison);
  verb->footer(
      "The page is one file that needs nothing else: pictures, plots and style are inside it.\n"
      "  fcn report --run RUN -o page.html\n"
      "  fcn report 32s.safetensors 16s.safetensors 8s.safetensors --data DIR --split val -o page.html\n"
      "Models that are compared have the same classes. Each labels every picture of the split once. The pictures that\n"
      "are shown are a third each the best and the worst by the first model's mean IU, the others typical ones.");
  verb->final_callback([options, verb, &common, &run] {
    options->has_title = verb->count("--title") > 0, options->has_lead = verb->count("--lead") > 0;
    for (const char* flag :
         {"--split", "--inputs", "--heads", "--dataset", "--classes", "--ignore-index", "--reduce-zero-label", "--map",
          "--palette", "--max-pixels-at-once", "--shift-and-stitch", "--data"})
      if (verb->count(flag) > 0) options->comparison_flag = flag;
    run = [options, &common] { return RunEither(*options, common); };
  });
}

}  // namespace fcn::cli
