#include "cli/picture_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>
#include <utility>

#include "cli/head_classes.h"
#include "cli/npy.h"
#include "cli/options.h"
#include "cli/output_names.h"
#include "cli/result_mark.h"
#include "fcn/drawing.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/png.h"
#include "fcn/text.h"
#include "fcn/voc_results.h"

namespace fcn::cli {

namespace {

/// The classes of the only head that VOC's results can be of, as its indices. Throws Error(kUsage) where there are more
/// heads, or anything else is to be written.
std::vector<uint16_t> IndicesForVoc(const SegmentVerbOptions& options, const Segmenter& segmenter,
                                    const std::vector<int>& heads) {
  if (options.heat_map_given || options.save_probabilities || options.top > 0)
    throw Error(ErrorCode::kUsage, "--voc-results writes labels and nothing else",
                "Leave --heatmap, --save-probs and --top out, or run once more without --voc-results.");
  if (heads.size() != 1)
    throw Error(ErrorCode::kUsage,
                fmt::format("VOC's results are of one head, and {} has {}", segmenter.name(), heads.size()),
                "Choose one of them with --head.");
  return VocIndices(segmenter.heads()[static_cast<size_t>(heads[0])].classes);
}

}  // namespace

std::vector<std::string> HeadNames(const Segmenter& segmenter) {
  std::vector<std::string> names;
  for (const HeadInfo& head : segmenter.heads()) names.push_back(head.name);
  return names;
}

ResultPlan::ResultPlan(const SegmentVerbOptions& options, const Segmenter& segmenter) {
  if (options.top > 0 && !segmenter.is_classifier())
    throw Error(ErrorCode::kUsage, fmt::format("--top needs a classifier's model; {} is none", segmenter.name()),
                "Leave --top out, or name a classifier with --model.");
  request_.heads = ParseFlag("--head", options.heads, "Heads have commas between them: --head class,geometry.",
                             [&](const std::string& text) { return ChooseHeads(text, segmenter.heads()); });
  request_.shift_and_stitch = options.shift_and_stitch;
  request_.probabilities = options.save_probabilities;
  if (options.heat_map_given)
    request_.heat_classes =
        ParseFlag("--heatmap", options.heat_map, "Classes have commas between them: --heatmap cat,dog,151-268.",
                  [&](const std::string& text) { return ParseHeadClasses(text, segmenter.heads(), request_.heads); });
  const bool for_voc = !options.voc_results.empty();
  if (for_voc) voc_indices_ = IndicesForVoc(options, segmenter, heads());
  for (const HeadInfo& head : segmenter.heads())
    of_head_.push_back(HeadEnding(head.name, for_voc ? 1 : segmenter.heads().size()));
  for (const int head : heads()) {
    endings_.push_back(of_head(head) + ".png");
    if (!options.no_overlay) endings_.push_back(of_head(head) + ".overlay.png");
    if (has_heat(head)) endings_.push_back(of_head(head) + ".heat.png");
    if (options.save_probabilities) endings_.push_back(of_head(head) + ".probs.npy");
  }
}

bool ResultPlan::has_heat(int head) const {
  const auto i = static_cast<size_t>(head);
  return i < request_.heat_classes.size() && !request_.heat_classes[i].empty();
}

ReadPicture AsRead(std::vector<Raster> pictures) {
  if (pictures.size() == 1 && pictures[0].is_colour()) return {ToImage(std::move(pictures[0])), {}};
  Image shown = DrawRaster(pictures[0]);
  return {std::move(shown), std::move(pictures)};
}

Segmentation PictureWriter::Segment(const ReadPicture& read, bool one_of_many) const {
  SegmentRequest request = plan_.request();
  request.one_of_many = one_of_many;
  return read.rasters.empty() ? segmenter_.Segment(read.shown, request) : segmenter_.Segment(read.rasters, request);
}

nlohmann::ordered_json PictureWriter::Write(const InputPicture& picture, const ReadPicture& read,
                                            const Segmentation& result, std::string& text) const {
  const Image& image = read.shown;
  nlohmann::ordered_json json = {{"input", picture.path.string()}, {"width", image.width}, {"height", image.height}};
  text += fmt::format("{} ({}x{})\n", Shown(picture.path), image.width, image.height);
  const bool is_only_head = segmenter_.heads().size() == 1;
  for (const int head : plan_.heads()) {
    nlohmann::ordered_json of_head;
    if (!is_only_head) {
      of_head["name"] = segmenter_.heads()[static_cast<size_t>(head)].name;
      text += fmt::format(" {}\n", of_head["name"].get<std::string>());
    }
    WriteHead({picture, image, head, result.heads[static_cast<size_t>(head)], is_only_head ? json : of_head, text});
    if (!is_only_head) json["heads"].push_back(std::move(of_head));
  }
  if (options_.top > 0) AddRanking(read, json, text);
  return json;
}

void PictureWriter::WriteHead(const Part& part) const {
  const HeadInfo& head = InfoOf(part);
  WriteLabels(part);
  if (!options_.no_overlay) {
    OverlayOptions overlay;
    overlay.background = head.classes.front() == "background" ? 0 : -1;
    const std::string path = Announce(part, ".overlay.png", "overlay");
    WritePng(path, EncodeRgbPng(Overlay(part.image, part.result.labels, head.palette, overlay, runtime_)));
  }
  if (!part.result.heat.empty()) WriteHeatMap(part);
  if (options_.save_probabilities) {
    const std::string path = Announce(part, ".probs.npy", "probabilities");
    WriteNpy(path, part.result.probabilities,
             {part.image.height, part.image.width, static_cast<int64_t>(head.classes.size())}, outputs_.ModeOf(path));
  }
  AddShares(part);
}

bool PictureWriter::WritesThroughLink(const InputPicture& picture) const {
  return std::ranges::any_of(plan_.endings(), [&](const std::string& ending) {
    std::error_code ignored;
    return std::filesystem::is_symlink(std::filesystem::symlink_status(options_.ResultPath(picture, ending), ignored));
  });
}

std::string PictureWriter::Announce(const Part& part, const char* ending, const char* key) const {
  std::string path = options_.ResultPath(part.picture, plan_.of_head(part.head) + ending).string();
  part.json[key] = path;
  part.text += fmt::format("  {:<14} {}\n", key, Shown(path));
  return path;
}

void PictureWriter::WritePng(const std::string& path, std::vector<uint8_t> png) const {
  WriteFile(path, WithResultMark(std::move(png)), outputs_.ModeOf(path));
}

void PictureWriter::WriteLabels(const Part& part) const {
  const HeadInfo& head = InfoOf(part);
  const std::string path = Announce(part, ".png", "labels");
  const auto write = [&](std::span<const uint16_t> labels, std::span<const Colour> palette) {
    WritePng(path, EncodeLabelPng(labels, part.image.width, part.image.height, palette));
  };
  if (plan_.voc_indices().empty()) return write(part.result.labels, head.palette);
  std::vector<uint16_t> indices;
  indices.reserve(part.result.labels.size());
  for (const uint16_t label : part.result.labels) indices.push_back(plan_.voc_indices()[label]);
  write(indices, VocPalette());
}

void PictureWriter::WriteHeatMap(const Part& part) const {
  HeatMapOptions heat;
  const float most = *std::max_element(part.result.heat.begin(), part.result.heat.end());
  heat.low = 0, heat.high = std::max(1e-6f, most);
  const std::string path = Announce(part, ".heat.png", "heatmap");
  WritePng(path, EncodeRgbPng(HeatMap(part.image, part.result.heat, heat, runtime_)));
  part.json["heatmap_maximum"] = most;
  part.text += fmt::format("                 the brightest colour is a probability of {:.3f}\n", most);
}

void PictureWriter::AddShares(const Part& part) const {
  const std::vector<std::string>& classes = InfoOf(part).classes;
  std::vector<int64_t> counts(classes.size());
  for (const uint16_t label : part.result.labels) counts[label]++;
  std::vector<size_t> by_size;
  for (size_t i = 0; i < counts.size(); i++)
    if (counts[i] > 0) by_size.push_back(i);
  std::stable_sort(by_size.begin(), by_size.end(), [&](size_t a, size_t b) { return counts[a] > counts[b]; });
  const double total = static_cast<double>(part.result.labels.size());
  constexpr size_t kShown = 5;
  for (size_t i = 0; i < by_size.size(); i++) {
    const double share = static_cast<double>(counts[by_size[i]]) / total;
    const std::string& name = classes[by_size[i]];
    part.json["classes"].push_back({{"index", by_size[i]}, {"name", name}, {"share", share}});
    if (i < kShown) part.text += fmt::format("  {:>6.1f} % of the pixels: {}\n", 100 * share, name);
  }
  if (by_size.size() > kShown) part.text += fmt::format("           and {} more classes\n", by_size.size() - kShown);
}

void PictureWriter::AddRanking(const ReadPicture& read, nlohmann::ordered_json& json, std::string& text) const {
  const std::vector<ClassProbability> ranking =
      read.rasters.empty() ? segmenter_.Classify(read.shown) : segmenter_.Classify(read.rasters[0]);
  text += "  as a whole, this is\n";
  for (size_t i = 0; i < std::min(ranking.size(), static_cast<size_t>(options_.top)); i++) {
    const std::string& name = segmenter_.classes()[static_cast<size_t>(ranking[i].index)];
    json["top"].push_back({{"index", ranking[i].index}, {"name", name}, {"probability", ranking[i].probability}});
    text += fmt::format("  {:>6.1f} % {} ({})\n", 100 * ranking[i].probability, name, ranking[i].index);
  }
}

}  // namespace fcn::cli
