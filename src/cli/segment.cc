#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>

#include "cli/class_list.h"
#include "cli/default_model.h"
#include "cli/inputs.h"
#include "cli/npy.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "fcn/fcn.h"
#include "image/heat_map.h"
#include "image/overlay.h"
#include "image/png.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

struct SegmentVerbOptions {
  std::vector<std::string> pictures;
  std::string model, output = ".", heat_map;
  bool save_probabilities = false, no_overlay = false, heat_map_given = false;
  int top = 0;
};

std::atomic<Segmenter*> interrupted_segmenter{nullptr};

/// Lets Ctrl-C stop the segmenter between two layers, so that files are whole or absent. Restores the default for a
/// second one.
class StopOnInterrupt {
 public:
  explicit StopOnInterrupt(Segmenter& segmenter) {
    interrupted_segmenter = &segmenter;
    struct sigaction action {};
    action.sa_handler = [](int) {
      if (Segmenter* running = interrupted_segmenter) running->Cancel();
    };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
  }
  ~StopOnInterrupt() {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    interrupted_segmenter = nullptr;
  }
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;
};

/// What is made of each picture, and how.
class PictureWriter {
 public:
  PictureWriter(const SegmentVerbOptions& options, Segmenter& segmenter, const Context& context)
      : options_(options), segmenter_(segmenter), context_(context) {
    if (options.top > 0 && !segmenter.is_classifier())
      throw Error(ErrorCode::kUsage, fmt::format("--top needs a classifier's model; {} is none", segmenter.name()));
    request_.probabilities = options.save_probabilities;
    if (options.heat_map_given) request_.heat_classes = ParseClasses(options.heat_map, segmenter.classes());
  }

  /// Segments one picture, writes its files and describes them.
  nlohmann::ordered_json Process(const InputPicture& picture, const Image& image, std::string& text) {
    const Segmentation result = segmenter_.Segment(image, request_);
    nlohmann::ordered_json json = {{"input", picture.path.string()}, {"width", image.width}, {"height", image.height}};
    text += fmt::format("{} ({}x{})\n", picture.path.string(), image.width, image.height);
    WriteLabels(picture, result, json, text);
    if (!options_.no_overlay) {
      OverlayOptions overlay;
      overlay.background = segmenter_.classes().front() == "background" ? 0 : -1;
      WriteRgbPng(Announce(picture, ".overlay.png", "overlay", json, text),
                  Overlay(image, result.labels.data(), segmenter_.palette(), overlay, context_));
    }
    if (!result.heat.empty()) {
      HeatMapOptions heat;
      const float most = *std::max_element(result.heat.begin(), result.heat.end());
      heat.low = 0, heat.high = std::max(1e-6f, most);
      WriteRgbPng(Announce(picture, ".heat.png", "heatmap", json, text),
                  HeatMap(image, result.heat.data(), heat, context_));
      json["heatmap_maximum"] = most;
      text += fmt::format("                 the brightest colour is a probability of {:.3f}\n", most);
    }
    if (options_.save_probabilities)
      WriteNpy(Announce(picture, ".probs.npy", "probabilities", json, text), result.probabilities,
               {image.height, image.width, static_cast<int64_t>(segmenter_.classes().size())});
    AddShares(result, json, text);
    if (options_.top > 0) AddRanking(image, json, text);
    return json;
  }

 private:
  fs::path Announce(const InputPicture& picture, const char* ending, const char* key, nlohmann::ordered_json& json,
                    std::string& text) const {
    fs::path path = fs::path(options_.output) / (picture.stem + ending);
    json[key] = path.string();
    text += fmt::format("  {:<14} {}\n", key, path.string());
    return path;
  }

  void WriteLabels(const InputPicture& picture, const Segmentation& result, nlohmann::ordered_json& json,
                   std::string& text) const {
    const fs::path path = Announce(picture, ".png", "labels", json, text);
    if (segmenter_.classes().size() > 256) {  // more than a palette holds
      WriteGrey16Png(path, result.labels.data(), result.width, result.height);
      return;
    }
    const std::vector<uint8_t> labels(result.labels.begin(), result.labels.end());
    WriteIndexedPng(path, labels.data(), result.width, result.height, segmenter_.palette());
  }

  void AddShares(const Segmentation& result, nlohmann::ordered_json& json, std::string& text) const {
    std::map<int, int64_t> counts;
    for (uint16_t label : result.labels) counts[label]++;
    std::vector<std::pair<int, int64_t>> by_size(counts.begin(), counts.end());
    std::stable_sort(by_size.begin(), by_size.end(), [](auto a, auto b) { return a.second > b.second; });
    const double total = static_cast<double>(result.labels.size());
    constexpr size_t kShown = 5;
    for (size_t i = 0; i < by_size.size(); i++) {
      const double share = static_cast<double>(by_size[i].second) / total;
      const std::string& name = segmenter_.classes()[static_cast<size_t>(by_size[i].first)];
      json["classes"].push_back({{"index", by_size[i].first}, {"name", name}, {"share", share}});
      if (i < kShown) text += fmt::format("  {:>6.1f} % of the pixels: {}\n", 100 * share, name);
    }
    if (by_size.size() > kShown) text += fmt::format("           and {} more classes\n", by_size.size() - kShown);
  }

  void AddRanking(const Image& image, nlohmann::ordered_json& json, std::string& text) const {
    const std::vector<ClassProbability> ranking = segmenter_.Classify(image);
    text += "  as a whole, this is\n";
    for (size_t i = 0; i < std::min(ranking.size(), static_cast<size_t>(options_.top)); i++) {
      const std::string& name = segmenter_.classes()[static_cast<size_t>(ranking[i].index)];
      json["top"].push_back({{"index", ranking[i].index}, {"name", name}, {"probability", ranking[i].probability}});
      text += fmt::format("  {:>6.1f} % {} ({})\n", 100 * ranking[i].probability, name, ranking[i].index);
    }
  }

  const SegmentVerbOptions& options_;
  Segmenter& segmenter_;
  const Context& context_;
  SegmentRequest request_;
};

/// A picture that lies where its labels would be written is the user's own: it is not ours to replace.
void CheckNothingIsOverwritten(const std::vector<InputPicture>& pictures, const std::string& folder) {
  std::set<fs::path> inputs;
  for (const InputPicture& picture : pictures) inputs.insert(fs::weakly_canonical(picture.path));
  for (const InputPicture& picture : pictures)
    for (const char* ending : {".png", ".overlay.png", ".heat.png"})
      if (inputs.contains(fs::weakly_canonical(fs::path(folder) / (picture.stem + ending))))
        throw Error(
            ErrorCode::kUsage,
            fmt::format("the result {}{} would replace a picture that is to be segmented", picture.stem, ending),
            "Choose another folder with -o.");
}

void MakeFolder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder))
    throw Error(
        ErrorCode::kIo,
        fmt::format("cannot make the folder {}: {}", folder, error ? error.message() : "a file of that name exists"),
        "Choose another folder with -o.");
}

int RunSegment(const SegmentVerbOptions& options, const CommonOptions& common) {
  const std::vector<InputPicture> pictures = ListPictures(options.pictures);
  const std::string model = options.model.empty() ? DefaultModel() : options.model;
  Segmenter segmenter(model, {common.threads, common.isa, !common.no_winograd});
  const Context context(common.threads, common.chosen_isa());
  const StopOnInterrupt stop(segmenter);
  PictureWriter writer(options, segmenter, context);
  MakeFolder(options.output);
  CheckNothingIsOverwritten(pictures, options.output);

  nlohmann::ordered_json json = {{"model", segmenter.name()}, {"pictures", nlohmann::ordered_json::array()}};
  std::string text;
  size_t failed = 0;
  {
    Progress progress("segmenting", pictures.size());
    for (size_t i = 0; i < pictures.size(); i++) {
      progress.Update(i);
      bool was_read = false;
      try {
        const Image image = ReadImage(pictures[i].path.string());
        was_read = true;
        std::string described;
        json["pictures"].push_back(writer.Process(pictures[i], image, described));
        text += described;
      } catch (const Error& error) {
        // One bad file among many does not keep the others from being done; a full disk or Ctrl-C would fail for all.
        const bool one_picture_alone =
            !was_read || error.code() == ErrorCode::kInput || error.code() == ErrorCode::kMemory;
        if (pictures.size() == 1 || !one_picture_alone) throw;
        std::fprintf(stderr, "fcn: %s\n", error.what());
        json["pictures"].push_back({{"input", pictures[i].path.string()}, {"error", error.message()}});
        failed++;
      }
    }
  }
  json["failed"] = failed;
  if (failed > 0) text += fmt::format("{} of {} pictures failed\n", failed, pictures.size());
  PrintResult(common, json, text);
  return failed == 0 ? 0 : 1;
}

}  // namespace

void AddSegment(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<SegmentVerbOptions>();
  CLI::App* verb = app.add_subcommand("segment", "Label every pixel of pictures (also: predict)");
  verb->alias("predict");
  verb->add_option("pictures", options->pictures, "JPEG, PNG, TIFF or WebP files, or folders of them")->required();
  verb->add_option("--model", options->model,
                   "A model file, as fcn train and fcn import write it [animals-and-people]");
  verb->add_option("-o,--output", options->output, "The folder to write to, made where it is missing")
      ->capture_default_str();
  verb->add_option("--heatmap", options->heat_map,
                   "Also draw where these classes are: a name, an index, a range (151-268), or several with commas;\n"
                   "the brightest colour is the picture's own maximum, which is printed");
  verb->add_flag("--save-probs", options->save_probabilities,
                 "Also write every class's probability at every pixel: float32, height x width x classes (.npy)");
  verb->add_flag("--no-overlay", options->no_overlay, "Do not draw the labels over the picture");
  verb->add_option("--top", options->top, "With a classifier's model: print its best N classes for the whole picture")
      ->check(CLI::Range(1, 1 << 20));
  verb->footer(
      "For photo.jpg the folder receives photo.png (labels: 8-bit palette, or 16-bit grey for more than 256 classes),\n"
      "photo.overlay.png, and where asked photo.heat.png and photo.probs.npy, all of the picture's own size.");
  verb->final_callback([options, verb, &common, &run] {
    options->heat_map_given = verb->count("--heatmap") > 0;
    run = [options, &common] { return RunSegment(*options, common); };
  });
}

}  // namespace fcn::cli
