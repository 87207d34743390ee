#include <algorithm>
#include <map>
#include <vector>

#include "fcn/drawing.h"
#include "fcn/report.h"

namespace fcn {
namespace {

/// What an overlay shows, the largest first.
std::vector<ReportPhotoHead::Found> FoundIn(const std::vector<uint16_t>& labels, const HeadInfo& head, int background) {
  std::map<size_t, int64_t> counts;
  for (const uint16_t label : labels) counts[label]++;
  std::vector<ReportPhotoHead::Found> found;
  for (const auto& [label, count] : counts) {
    if (static_cast<int>(label) == background) continue;
    found.push_back(
        {{head.classes[label], head.palette[label]}, static_cast<double>(count) / static_cast<double>(labels.size())});
  }
  std::ranges::stable_sort(found, std::ranges::greater(), &ReportPhotoHead::Found::share);
  return found;
}

}  // namespace

ReportPhoto MakeReportPhoto(Segmenter& segmenter, std::span<const Raster> pictures, const std::string& name,
                            const Runtime& runtime) {
  const Segmentation segmented = segmenter.Segment(pictures);
  ReportPhoto photo{.photo = DrawRaster(pictures[0]), .name = name};
  for (size_t i = 1; i < pictures.size(); i++)
    photo.others.emplace_back(segmenter.inputs()[i].name, DrawRaster(pictures[i]));
  const std::vector<HeadInfo>& heads = segmenter.heads();
  for (size_t i = 0; i < heads.size(); i++) {
    const std::vector<uint16_t>& labels = segmented.heads[i].labels;
    OverlayOptions overlay;
    overlay.background = heads[i].classes.front() == "background" ? 0 : -1;
    photo.heads.push_back({.name = heads.size() > 1 ? heads[i].name : "",
                           .overlay = Overlay(photo.photo, labels, heads[i].palette, overlay, runtime),
                           .found = FoundIn(labels, heads[i], overlay.background)});
  }
  return photo;
}

}  // namespace fcn
