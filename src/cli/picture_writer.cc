#include "cli/picture_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/quoted.h"
#include "cli/class_list.h"
#include "cli/npy.h"
#include "cli/options.h"
#include "cli/result_mark.h"
#include "fcn/error.h"
#include "image/heat_map.h"
#include "image/overlay.h"
#include "image/png.h"

namespace fcn::cli {

std::vector<const char*> SegmentVerbOptions::endings() const {
  std::vector<const char*> endings = {".png"};
  if (!no_overlay) endings.push_back(".overlay.png");
  if (heat_map_given) endings.push_back(".heat.png");
  if (save_probabilities) endings.push_back(".probs.npy");
  return endings;
}

PictureWriter::PictureWriter(const SegmentVerbOptions& options, const Outputs& outputs, Segmenter& segmenter,
                             const Context& context)
    : options_(options), outputs_(outputs), segmenter_(segmenter), context_(context) {
  if (options.top > 0 && !segmenter.is_classifier())
    throw Error(ErrorCode::kUsage, fmt::format("--top needs a classifier's model; {} is none", segmenter.name()),
                "Leave --top out, or name a classifier with --model.");
  request_.probabilities = options.save_probabilities;
  if (options.heat_map_given)
    request_.heat_classes =
        ParseFlag("--heatmap", options.heat_map, "Classes have commas between them: --heatmap cat,dog,151-268.",
                  [&](const std::string& text) { return ParseClasses(text, segmenter.classes()); });
}

Segmentation PictureWriter::Segment(const Image& image, bool one_of_many) const {
  SegmentRequest request = request_;
  request.one_of_many = one_of_many;
  return segmenter_.Segment(image, request);
}

nlohmann::ordered_json PictureWriter::Write(const InputPicture& picture, const Image& image, const Segmentation& result,
                                            std::string& text) const {
  nlohmann::ordered_json json = {{"input", picture.path.string()}, {"width", image.width}, {"height", image.height}};
  text += fmt::format("{} ({}x{})\n", Shown(picture.path), image.width, image.height);
  WriteLabels(picture, result, json, text);
  if (!options_.no_overlay) {
    OverlayOptions overlay;
    overlay.background = segmenter_.classes().front() == "background" ? 0 : -1;
    const std::string path = Announce(picture, ".overlay.png", "overlay", json, text);
    WritePng(path, EncodeRgbPng(Overlay(image, result.labels.data(), segmenter_.palette(), overlay, context_)));
  }
  if (!result.heat.empty()) WriteHeatMap(picture, image, result, json, text);
  if (options_.save_probabilities) {
    const std::string path = Announce(picture, ".probs.npy", "probabilities", json, text);
    WriteNpy(path, result.probabilities, {image.height, image.width, static_cast<int64_t>(segmenter_.classes().size())},
             outputs_.ModeOf(path));
  }
  AddShares(result, json, text);
  if (options_.top > 0) AddRanking(image, json, text);
  return json;
}

bool PictureWriter::WritesThroughLink(const InputPicture& picture) const {
  return std::ranges::any_of(options_.endings(), [&](const char* ending) {
    std::error_code ignored;
    return std::filesystem::is_symlink(std::filesystem::symlink_status(options_.ResultPath(picture, ending), ignored));
  });
}

std::string PictureWriter::Announce(const InputPicture& picture, const char* ending, const char* key,
                                    nlohmann::ordered_json& json, std::string& text) const {
  std::string path = options_.ResultPath(picture, ending).string();
  json[key] = path;
  text += fmt::format("  {:<14} {}\n", key, Shown(path));
  return path;
}

void PictureWriter::WritePng(const std::string& path, std::vector<uint8_t> png) const {
  WriteFile(path, WithResultMark(std::move(png)), outputs_.ModeOf(path));
}

void PictureWriter::WriteLabels(const InputPicture& picture, const Segmentation& result, nlohmann::ordered_json& json,
                                std::string& text) const {
  const std::string path = Announce(picture, ".png", "labels", json, text);
  if (segmenter_.classes().size() > 256) {  // more than a palette holds
    WritePng(path, EncodeGrey16Png(result.labels.data(), result.width, result.height));
    return;
  }
  const std::vector<uint8_t> labels(result.labels.begin(), result.labels.end());
  WritePng(path, EncodeIndexedPng(labels.data(), result.width, result.height, segmenter_.palette()));
}

void PictureWriter::WriteHeatMap(const InputPicture& picture, const Image& image, const Segmentation& result,
                                 nlohmann::ordered_json& json, std::string& text) const {
  HeatMapOptions heat;
  const float most = *std::max_element(result.heat.begin(), result.heat.end());
  heat.low = 0, heat.high = std::max(1e-6f, most);
  const std::string path = Announce(picture, ".heat.png", "heatmap", json, text);
  WritePng(path, EncodeRgbPng(HeatMap(image, result.heat.data(), heat, context_)));
  json["heatmap_maximum"] = most;
  text += fmt::format("                 the brightest colour is a probability of {:.3f}\n", most);
}

void PictureWriter::AddShares(const Segmentation& result, nlohmann::ordered_json& json, std::string& text) const {
  std::vector<int64_t> counts(segmenter_.classes().size());
  for (const uint16_t label : result.labels) counts[label]++;
  std::vector<size_t> by_size;
  for (size_t i = 0; i < counts.size(); i++)
    if (counts[i] > 0) by_size.push_back(i);
  std::stable_sort(by_size.begin(), by_size.end(), [&](size_t a, size_t b) { return counts[a] > counts[b]; });
  const double total = static_cast<double>(result.labels.size());
  constexpr size_t kShown = 5;
  for (size_t i = 0; i < by_size.size(); i++) {
    const double share = static_cast<double>(counts[by_size[i]]) / total;
    const std::string& name = segmenter_.classes()[by_size[i]];
    json["classes"].push_back({{"index", by_size[i]}, {"name", name}, {"share", share}});
    if (i < kShown) text += fmt::format("  {:>6.1f} % of the pixels: {}\n", 100 * share, name);
  }
  if (by_size.size() > kShown) text += fmt::format("           and {} more classes\n", by_size.size() - kShown);
}

void PictureWriter::AddRanking(const Image& image, nlohmann::ordered_json& json, std::string& text) const {
  const std::vector<ClassProbability> ranking = segmenter_.Classify(image);
  text += "  as a whole, this is\n";
  for (size_t i = 0; i < std::min(ranking.size(), static_cast<size_t>(options_.top)); i++) {
    const std::string& name = segmenter_.classes()[static_cast<size_t>(ranking[i].index)];
    json["top"].push_back({{"index", ranking[i].index}, {"name", name}, {"probability", ranking[i].probability}});
    text += fmt::format("  {:>6.1f} % {} ({})\n", 100 * ranking[i].probability, name, ranking[i].index);
  }
}

}  // namespace fcn::cli
