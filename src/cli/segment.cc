#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>

#include "cli/as_error.h"
#include "cli/default_model.h"
#include "cli/inputs.h"
#include "cli/lanes.h"
#include "cli/other_inputs.h"
#include "cli/output_names.h"
#include "cli/outputs.h"
#include "cli/picture_notes.h"
#include "cli/picture_options.h"
#include "cli/picture_writer.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/stages.h"
#include "cli/verbs.h"
#include "fcn/fcn.h"
#include "fcn/files.h"
#include "fcn/side_by_side.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

/// A signal stops the segmenter between two layers, so that files are whole or absent.
class CancelSegmenter final : public SignalReceiver {
 public:
  explicit CancelSegmenter(Segmenter& segmenter) : segmenter_(segmenter) {}
  void Stop() noexcept override {
    segmenter_.Cancel();
    SayInHandler("\nfcn: stopping after this picture (Ctrl-C once more: at once)\n");
  }

 private:
  Segmenter& segmenter_;
};

/// What became of one picture.
struct Outcome {  // NOLINT(bugprone-exception-escape): moving the json allocates nothing
  nlohmann::ordered_json json;
  std::string text, error;       ///< of the two one is empty
  std::vector<ImageNote> notes;  ///< of reading the picture
  Stages stages;
};

Outcome Process(const InputPicture& picture, const std::vector<InputInfo>& inputs, const ReadImageOptions& reading,
                const PictureWriter& writer, Lanes& lanes, bool is_only_one) {
  Outcome outcome;
  bool was_read = false;
  try {
    StopWatch watch;
    std::optional<MemoryGate::Pass> room;  // first: the pictures go before it
    const ReadPicture read = AsRead(lanes.Read(picture, inputs, reading, outcome.notes, room));
    was_read = true;
    const double decode = watch.Lap();
    const Segmentation result = writer.Segment(read, lanes.count() > 1);
    watch.Lap();
    outcome.json = writer.Write(picture, read, result, outcome.text);
    if (!outcome.notes.empty()) outcome.json["notes"] = NotesJson(outcome.notes);
    outcome.stages = {decode, result.prepare_ms, result.network_ms, watch.Lap()};
  } catch (const std::exception& exception) {
    // One bad file among many does not keep the others from being done; a full disk or Ctrl-C would fail for all,
    // but for a link among the results, whose fault it may be.
    Error error = AsError(exception);
    const std::string name = Shown(picture.path);
    const bool is_named = std::string_view(error.what()).find(name) != std::string_view::npos;
    if (!is_named && error.code() != ErrorCode::kCancelled)
      error = Error(error.code(), fmt::format("{}: {}", name, error.message()), error.hint());
    const bool would_fail_for_all = error.code() == ErrorCode::kCancelled ||
                                    (was_read && error.code() == ErrorCode::kIo && !writer.WritesThroughLink(picture));
    if (is_only_one || would_fail_for_all) throw error;
    outcome.text.clear();
    outcome.error = error.what();
    outcome.json = {{"input", picture.path.string()},
                    {"error", error.message()},
                    {"code", ErrorCodeName(error.code())},
                    {"hint", error.hint()}};
  }
  return outcome;
}

/// Plans all files that will be written. A picture whose results would have too long a name fails alone.
Outputs PlanOutputs(const SegmentVerbOptions& options, const ResultPlan& plan, const std::string& model,
                    std::vector<InputPicture>& pictures) {
  Outputs outputs(options.overwrite);
  std::vector<fs::path> inputs = {model};
  for (InputPicture& picture : pictures) {
    if (picture.failure) continue;
    inputs.push_back(picture.path);
    inputs.insert(inputs.end(), picture.others.begin(), picture.others.end());
    try {
      for (const std::string& ending : plan.endings()) outputs.Add(options.ResultPath(picture, ending));
    } catch (const Error& error) {
      picture.failure = error;
    }
  }
  outputs.Check(inputs);
  return outputs;
}

void MakeFolders(const SegmentVerbOptions& options, const std::vector<InputPicture>& pictures) {
  std::set<fs::path> folders = {options.output};
  for (const InputPicture& picture : pictures)
    if (!picture.failure) folders.insert(options.ResultPath(picture, ".png").parent_path());
  for (const fs::path& folder : folders) MakeFolder(folder);
}

/// What a user should know of the inputs as a whole: a line each on standard error, and all in JSON.
nlohmann::ordered_json TellNotes(const InputList& inputs, bool recursive) {
  nlohmann::ordered_json notes = nlohmann::ordered_json::array();
  const auto tell = [&](const char* kind, const std::string& message, const char* hint) {
    notes.push_back({{"kind", kind}, {"message", message}, {"hint", hint}});
    PrintNote(message, hint);
  };
  if (!inputs.passed_over.empty()) {
    const bool has_folder = std::any_of(inputs.passed_over.begin(), inputs.passed_over.end(),
                                        [](const auto& other) { return other.reason == PassedOver::Reason::kFolder; });
    tell("passed_over", Summary(inputs.passed_over, " passed over"),
         has_folder && !recursive ? "--recursive goes into folders." : "");
  }
  if (const std::vector<std::string>& names = inputs.longer_names; !names.empty())
    tell("names",
         fmt::format("results of {} pictures have longer names, so that no two have the same: {}.png{}", names.size(),
                     fmt::join(names.begin(), names.begin() + std::min<std::ptrdiff_t>(4, std::ssize(names)), ".png, "),
                     names.size() > 4 ? ", …" : ""),
         "");
  return notes;
}

nlohmann::ordered_json JsonOf(const std::vector<PassedOver>& passed_over) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const PassedOver& one : passed_over)
    json.push_back({{"path", one.path.string()}, {"reason", ReasonName(one.reason)}});
  return json;
}

/// Throws Error(kUsage) for bands that make no picture in colour, where the model takes one.
void CheckBands(const std::vector<int>& bands, const InputInfo& first) {
  if (first.bands == 0 && bands.size() > 1 && bands.size() != 3)
    throw Error(ErrorCode::kUsage, fmt::format("--bands: {} bands are no picture in colour", bands.size()),
                "Name red, green and blue, in this order, or the one that is grey.");
}

/// The pictures of a split of VOC, with results named as its server asks.
InputList ListForVoc(const SegmentVerbOptions& options) {
  if (options.pictures.size() != 1 || !IsFolder(options.pictures[0]) || options.recursive)
    throw Error(ErrorCode::kUsage, "--voc-results takes VOC's own folder, and nothing beside it",
                "fcn segment VOCdevkit/VOC2012 --voc-results comp6_test_cls -o out");
  const fs::path folder = options.pictures[0];
  const VocTask task = ParseVocTask(options.voc_results, folder);
  InputList inputs;
  for (const VocPicture& picture : ListVocPictures(folder, task.split))
    inputs.pictures.push_back({.path = picture.file,
                               .place = {.root = folder / "JPEGImages", .below = picture.file.filename()},
                               .output_name = VocResultPath(task, picture.name).replace_extension().string()});
  return inputs;
}

int RunSegment(const SegmentVerbOptions& options, const CommonOptions& common) {
  const bool for_voc = !options.voc_results.empty();
  InputList inputs = for_voc ? ListForVoc(options) : ListPictures(options.pictures, options.recursive, options.output);
  std::vector<InputPicture>& pictures = inputs.pictures;
  const std::string model = options.model.empty() ? DefaultModel() : options.model;
  const int64_t limit = common.memory_limit;
  Segmenter segmenter(model, {common.threads, common.isa, !common.no_winograd, !common.no_image_window, limit,
                              common.threshold, common.head_thresholds});
  CheckBands(options.reading.bands, segmenter.inputs()[0]);
  const ResultPlan plan(options, segmenter);
  if (!for_voc) NameResults(inputs, ResultEndings(HeadNames(segmenter)));
  OtherInputs(options.inputs, segmenter.inputs()).Find(inputs);
  const Outputs outputs = PlanOutputs(options, plan, model, pictures);
  const int threads = common.threads > 0 ? common.threads : AvailableCores();
  Lanes lanes(limit > 0 ? 1 : pictures.size(), threads);  // the limit is what one picture may need
  const Runtime drawing({.threads = lanes.count() > 1 ? 1 : threads, .isa = common.isa});
  CancelSegmenter cancel(segmenter);
  const ReceiveSignals signals(cancel);
  const PictureWriter writer(options, plan, outputs, segmenter, drawing);
  MakeFolders(options, pictures);

  nlohmann::ordered_json json = {{"model", segmenter.name()}, {"pictures", nlohmann::ordered_json::array()}};
  json["passed_over"] = JsonOf(inputs.passed_over);
  json["notes"] = TellNotes(inputs, options.recursive);
  TellUntrained(segmenter.is_trained(), model, json["notes"]);
  std::string text;
  size_t failed = 0;
  Stages stages;
  PictureNotes notes;
  std::vector<Outcome> outcomes(pictures.size());
  const auto start = std::chrono::steady_clock::now();
  {
    Progress progress("segmenting", pictures.size());
    InOrder(
        pictures.size(), lanes.count(),
        [&](size_t i) {
          outcomes[i] = Process(pictures[i], segmenter.inputs(), options.reading, writer, lanes, pictures.size() == 1);
        },
        [&](size_t i) {
          Outcome& outcome = outcomes[i];
          notes.Print(outcome.notes);
          if (!outcome.error.empty()) PrintMessage(outcome.error, {}), failed++;
          json["pictures"].push_back(std::move(outcome.json));
          text += outcome.text;
          stages.Add(outcome.stages);
          progress.Update(i + 1);
        });
  }
  notes.PrintRest();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const double images_per_second = static_cast<double>(pictures.size() - failed) / seconds.count();
  json["failed"] = failed;
  json["seconds"] = seconds.count();
  json["images_per_second"] = images_per_second;
  if (failed < pictures.size()) json["milliseconds"] = stages.Means(pictures.size() - failed);
  if (failed > 0) text += fmt::format("{} of {} pictures failed\n", failed, pictures.size());
  if (pictures.size() > 1)
    text += fmt::format("{}{} pictures in {:.2f} s: {:.1f} images/s\n", failed < pictures.size() ? stages.Shares() : "",
                        pictures.size() - failed, seconds.count(), images_per_second);
  PrintResult(common, json, text);
  return failed == 0 ? 0 : 1;
}

}  // namespace

void AddSegment(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<SegmentVerbOptions>();
  CLI::App* verb = app.add_subcommand("segment", "Label every pixel of pictures (also: predict)");
  verb->alias("predict");
  verb->add_option(
          "pictures", options->pictures,
          "JPEG, PNG, TIFF, WebP, BMP, GIF, HEIC or AVIF files, folders of them, or pipes; - is standard input")
      ->required();
  verb->add_option("--model", options->model,
                   "A model file, as fcn train and fcn import write it [animals-and-people]");
  verb->add_option("-o,--output", options->output, "The folder to write to, made where it is missing")
      ->capture_default_str();
  verb->add_flag("--overwrite", options->overwrite, kOverwriteHelp);
  verb->add_flag("--recursive", options->recursive,
                 "Also the pictures in folders below those given, but not behind links; the results keep the folders");
  verb->add_option("--input", options->inputs,
                   "What a model takes beside the pictures: a file, or a folder of files with the pictures' names")
      ->type_name("NAME=FILE")
      ->allow_extra_args(false);
  AddListOption(
      *verb, "--head", "HEAD,HEAD", [options](const std::string& text) { options->heads = text; },
      "Of a model with several heads those whose results are wanted [all]")
      ->allow_extra_args(false);
  AddListOption(
      *verb, "--heatmap", "CLASS,CLASS", [options](const std::string& text) { options->heat_map = text; },
      "Also draw where these classes are: names, indices, ranges (151-268), of a head HEAD:CLASS;\n"
      "the brightest colour is the picture's own maximum, which is printed")
      ->allow_extra_args(false);  // pictures may follow
  verb->add_flag("--save-probs", options->save_probabilities,
                 "Also write every class's probability at every pixel: float32, height x width x classes (.npy)");
  verb->add_flag("--no-overlay", options->no_overlay,
                 "Write the labels alone: do not draw them over the picture, which takes longer than all else");
  verb->add_flag("--shift-and-stitch", options->shift_and_stitch, kShiftAndStitchHelp);
  verb->add_option("--top", options->top, "With a classifier's model: print its best N classes for the whole picture")
      ->check(CLI::Range(1, 1 << 20));
  verb->add_option("--voc-results", options->voc_results,
                   "Label a split of PASCAL VOC, whose folder is given in place of pictures, in the files that its\n"
                   "server takes: comp6_test_cls, or comp5_… for a model that was trained on VOC alone")
      ->type_name("TASK");
  AddPictureOptions(*verb, options->reading);
  verb->footer(
      "For photo.jpg the folder receives photo.png (labels: 8-bit palette, or 16-bit grey for more than 256 classes),\n"
      "photo.overlay.png, and where asked photo.heat.png and photo.probs.npy, all of the picture's own size; from a\n"
      "model with several heads photo.HEAD.png, photo.HEAD.overlay.png and so on for each.\n"
      "Each picture has names of its own, which depend on the set of pictures given alone:\n"
      "  a folder's sub/photo.jpg gives sub/photo.png;\n"
      "  results of two folders that would meet lie in a folder each, named like theirs: one/photo.png, two/photo.png\n"
      "  (and where these are alike, with the folders above: a/one/photo.png, b/one/photo.png);\n"
      "  results of one folder that would meet keep their pictures' endings: x.png.png and x.tif.png;\n"
      "  where that is not enough, a number is added.\n"
      "A picture that is given twice, also through a link, is done once. Hidden files are left out. Nothing that was\n"
      "there before is replaced without --overwrite.");
  verb->final_callback([options, verb, &common, &run] {
    options->heat_map_given = verb->count("--heatmap") > 0;
    if (!options->voc_results.empty()) options->no_overlay = true;
    run = [options, &common] { return RunSegment(*options, common); };
  });
}

}  // namespace fcn::cli
