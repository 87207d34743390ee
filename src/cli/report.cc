#include "report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "cli/as_error.h"
#include "cli/outputs.h"
#include "cli/picture_notes.h"
#include "cli/picture_options.h"
#include "cli/progress.h"
#include "cli/report_run.h"
#include "cli/verbs.h"
#include "fcn/drawing.h"
#include "fcn/fcn.h"
#include "fcn/files.h"
#include "fcn/text.h"
#include "train/trainer.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

struct ReportVerbOptions {
  std::string output, run, photo, model, title, lead;
  int rows = 6;
  ReadImageOptions reading;
  bool overwrite = false;
};

ReportPhoto MakePhoto(const std::string& path, const ReadImageOptions& reading, Segmenter& segmenter,
                      const Runtime& runtime, std::vector<ImageNote>& notes) {
  ReportPhoto photo;
  photo.photo = ReadImage(path, reading, &notes);
  photo.name = fs::path(path).filename().string();
  const Segmentation segmented = Naming(path, [&] { return segmenter.Segment(photo.photo); });
  const std::vector<uint16_t>& labels = segmented.labels();
  OverlayOptions overlay;
  overlay.background = segmenter.classes().front() == "background" ? 0 : -1;
  photo.overlay = Overlay(photo.photo, labels, segmenter.palette(), overlay, runtime);
  std::map<size_t, int64_t> counts;
  for (const uint16_t label : labels) counts[label]++;
  for (const auto& [label, count] : counts) {
    const double share = static_cast<double>(count) / static_cast<double>(labels.size());
    if (static_cast<int>(label) == overlay.background) continue;
    photo.found.push_back({{segmenter.classes()[label], segmenter.palette()[label]}, share});
  }
  std::stable_sort(photo.found.begin(), photo.found.end(),
                   [](const auto& a, const auto& b) { return a.share > b.share; });
  return photo;
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
                "Name a training's folder with --run, a photograph with --photo, or both.");
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
  if (!options.run.empty()) {
    Progress progress("segmenting", static_cast<size_t>(options.rows));
    AddRun(options.run, options.rows, segmenter_options, input, model_notes,
           [&](size_t done) { progress.Update(done); });
  }
  if (!options.photo.empty()) {
    const std::string model = options.model.empty() ? BestModel(options.run).string() : options.model;
    Segmenter segmenter(model, segmenter_options);
    if (options.run.empty() || model != BestModel(options.run).string()) TellUntrained(segmenter, model, model_notes);
    input.photo = MakePhoto(options.photo, options.reading, segmenter, runtime, notes);
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

}  // namespace

void AddReport(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<ReportVerbOptions>();
  CLI::App* verb = app.add_subcommand("report", "Show a training, and a photograph, on one HTML page");
  verb->add_option("-o,--output", options->output, "The page to write")->required();
  verb->add_flag("--overwrite", options->overwrite, kOverwriteHelp);
  verb->add_option("--run", options->run, "The folder of a training: its curves, scores, and predictions");
  verb->add_option("--rows", options->rows, "Samples of its validation data to show; 0: none, the data are not read")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  verb->add_option("--photo", options->photo, "A photograph to segment, shown first");
  verb->add_option("--model", options->model, "The model for it (default: the best one of the run)");
  options->title = "What the network sees";
  options->lead = "A fully convolutional network gives a label to every pixel of a picture.";
  verb->add_option("--title", options->title, "The page's title")->capture_default_str();
  verb->add_option("--lead", options->lead, "A sentence or two below it")->capture_default_str();
  AddPictureOptions(*verb, options->reading);
  verb->footer("The page is one file that needs nothing else: pictures, plots and style are inside it.");
  verb->final_callback([options, &common, &run] { run = [options, &common] { return RunReport(*options, common); }; });
}

}  // namespace fcn::cli
