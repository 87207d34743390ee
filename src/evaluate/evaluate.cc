#include "evaluate/evaluate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "data/sample_check.h"
#include "evaluate/pieces.h"
#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

template <typename Sample>
std::vector<Sample> Cut(const std::vector<Sample>& samples, int64_t width, int64_t bands, const Piece& piece) {
  std::vector<Sample> part;
  part.reserve(static_cast<size_t>(piece.width * piece.height * bands));
  for (int64_t y = piece.y; y < piece.y + piece.height; y++) {
    const auto row = samples.begin() + (y * width + piece.x) * bands;
    part.insert(part.end(), row, row + piece.width * bands);
  }
  return part;
}

Raster Cut(const Raster& picture, const Piece& piece) {
  Raster part;
  part.width = static_cast<int>(piece.width), part.height = static_cast<int>(piece.height);
  part.bands = picture.bands;
  std::visit([&](const auto& samples) { part.samples = Cut(samples, picture.width, picture.bands, piece); },
             picture.samples);
  return part;
}

/// The classes of a sample's pixels in these heads, piece by piece where it is large.
std::vector<std::vector<uint16_t>> Predict(Predictor& predictor, const std::vector<Raster>& pictures,
                                           const std::vector<size_t>& heads, const PieceOptions& options) {
  const int64_t width = pictures[0].width, height = pictures[0].height;
  const Pieces pieces(width, height, options.max_pixels);
  SegmentRequest request;
  request.heads.assign(heads.begin(), heads.end());
  request.shift_and_stitch = options.shift_and_stitch;
  const auto segment = [&](const std::vector<Raster>& parts) {
    if (options.on_piece) options.on_piece();
    std::vector<std::vector<uint16_t>> labels;
    labels.reserve(heads.size());
    Segmentation result = predictor.Segment(parts, request);
    for (const size_t head : heads) labels.push_back(std::move(result.heads[head].labels));
    return labels;
  };
  if (pieces.count() == 1) return segment(pictures);
  std::vector<std::vector<uint16_t>> whole(heads.size(), std::vector<uint16_t>(static_cast<size_t>(width * height)));
  for (int64_t i = 0; i < pieces.count(); i++) {
    const Piece piece = pieces[i];
    std::vector<Raster> parts;
    parts.reserve(pictures.size());
    for (const Raster& picture : pictures) parts.push_back(Cut(picture, piece));
    const std::vector<std::vector<uint16_t>> labels = segment(parts);
    for (size_t head = 0; head < labels.size(); head++)
      for (int64_t y = 0; y < piece.height; y++)
        std::copy_n(labels[head].begin() + y * piece.width, piece.width,
                    whole[head].begin() + (piece.y + y) * width + piece.x);
  }
  return whole;
}

/// A sample's pictures in the order of the network's inputs; those that it does not take are gone.
std::vector<Raster> InOrder(std::vector<Raster> pictures, const std::vector<size_t>& places) {
  std::vector<Raster> inputs;
  inputs.reserve(places.size());
  for (const size_t place : places) inputs.push_back(std::move(pictures[place]));
  return inputs;
}

template <typename Roles>
bool AreNamed(const Roles& roles) {
  return std::ranges::none_of(roles, [](const auto& role) { return role.name.empty(); });
}

template <typename Roles>
std::string Names(const Roles& roles) {
  std::vector<std::string> names;
  names.reserve(roles.size());
  for (const auto& role : roles) names.push_back(role.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// The place of each of `wanted` among `there`: by name, or by its own. Calls missing(i) for one that is not there.
template <typename Wanted, typename There>
std::vector<size_t> Places(const Wanted& wanted, const There& there, FunctionRef<void(size_t i)> missing) {
  const bool by_name = AreNamed(wanted) && AreNamed(there);
  std::vector<size_t> places;
  for (size_t i = 0; i < wanted.size(); i++) {
    size_t place = i;
    if (by_name)
      place = static_cast<size_t>(
          std::ranges::find_if(there, [&](const auto& role) { return role.name == wanted[i].name; }) - there.begin());
    if (place >= there.size()) missing(i);
    places.push_back(place);
  }
  return places;
}

/// "the input "depth"", or "the input" where it has no name.
std::string Called(const char* kind, const std::string& name) {
  return name.empty() ? fmt::format("the {}", kind) : fmt::format("the {} {}", kind, Quoted(name));
}

}  // namespace

RoleMatch MatchRoles(const Predictor& predictor, const Dataset& dataset) {
  RoleMatch match;
  match.inputs = Places(predictor.inputs(), dataset.inputs(), [&](size_t i) {
    throw Error(
        ErrorCode::kUsage,
        fmt::format("the data set lacks {}, which the network takes", Called("input", predictor.inputs()[i].name)),
        "Say what its samples have: --inputs NAME,NAME:BANDS.");
  });
  for (size_t i = 0; i < match.inputs.size(); i++) {
    const int bands = std::max(dataset.inputs()[match.inputs[i]].bands, 0);
    if ((bands == 0 ? 3 : bands) == predictor.bands(i)) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("{} has {} bands in the data set, the network takes {}",
                            Called("input", predictor.inputs()[i].name), bands == 0 ? 3 : bands, predictor.bands(i)),
                fmt::format("Say how many they are: --inputs NAME:{}.", predictor.bands(i)));
  }
  match.heads = Places(dataset.heads(), predictor.heads(), [&](size_t i) {
    const std::string names = Names(predictor.heads());
    throw Error(ErrorCode::kUsage,
                fmt::format("the network lacks {}, which the data set has", Called("head", dataset.heads()[i].name)),
                names.empty() ? "The network has one head: name one with --heads."
                              : fmt::format("The network's are {}: choose of them with --heads.", names));
  });
  for (size_t i = 0; i < match.heads.size(); i++) {
    const HeadInfo& head = dataset.heads()[i];
    const int64_t classes = predictor.classes(match.heads[i]);
    if (classes == std::ssize(head.classes)) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("the network tells {} classes apart{}, the data set {}", classes,
                            head.name.empty() ? "" : " in the head " + Quoted(head.name), head.classes.size()),
                "Choose the data set's classes with --classes.");
  }
  return match;
}

void EvaluatePictures(Predictor& predictor, const Dataset& dataset, const PieceOptions& options,
                      FunctionRef<void(const EvaluatedPicture& picture)> on_picture) {
  for (size_t i = 0; i < dataset.size(); i++) {
    std::string what = fmt::format("the picture {}", dataset.name(i));
    bool is_read = false;
    EvaluatedPicture picture{.place = i};
    std::vector<std::vector<uint16_t>> labels;
    std::vector<ConfusionMatrix> matrices;
    for (const HeadInfo& head : dataset.heads()) matrices.emplace_back(static_cast<int>(head.classes.size()));
    try {
      Sample sample = dataset.Get(i);
      CheckSample(sample, dataset);
      is_read = true;
      picture.width = sample.width(), picture.height = sample.height();
      what += fmt::format(" of {}x{} pixels", sample.width(), sample.height());
      const RoleMatch match = MatchRoles(predictor, dataset);  // labels that cannot be read say more
      labels = Predict(predictor, InOrder(std::move(sample.inputs), match.inputs), match.heads, options);
      for (size_t head = 0; head < labels.size(); head++)
        matrices[head].Add(sample.labels[head].labels, labels[head], kIgnoredLabel);
    } catch (const Error& error) {
      const bool names_no_file = is_read && error.code() == ErrorCode::kInput;
      if (error.code() != ErrorCode::kMemory && !names_no_file) throw;
      throw Error(error.code(), fmt::format("{}: {}", what, error.message()), error.hint());
    } catch (const std::bad_alloc&) {
      throw Error(ErrorCode::kMemory, fmt::format("{}: there is not enough memory", what),
                  "Evaluate large pictures in pieces, or on a machine with more memory.");
    }
    picture.labels = labels, picture.matrices = matrices;
    on_picture(picture);
  }
}

std::vector<ConfusionMatrix> EvaluateModel(Predictor& predictor, const Dataset& dataset, const PieceOptions& options,
                                           FunctionRef<void(size_t done)> progress) {
  std::vector<ConfusionMatrix> whole;
  for (const HeadInfo& head : dataset.heads()) whole.emplace_back(static_cast<int>(head.classes.size()));
  EvaluatePictures(predictor, dataset, options, [&](const EvaluatedPicture& picture) {
    for (size_t head = 0; head < whole.size(); head++) whole[head].Merge(picture.matrices[head]);
    progress(picture.place + 1);
  });
  return whole;
}

int64_t EvaluationBytes(Predictor& predictor, int64_t width, int64_t height, const PieceOptions& options) {
  const Pieces pieces(width, height, options.max_pixels);
  const SegmentRequest request{.shift_and_stitch = options.shift_and_stitch, .heads = options.heads};
  int64_t peak = 0;
  for (const int64_t h : std::set{pieces.shortest_height(), pieces.longest_height()})
    for (const int64_t w : std::set{pieces.shortest_width(), pieces.longest_width()})
      peak = std::max(peak, predictor.PlannedBytes(w, h, request));
  // Of a pixel: the samples of further inputs, as floats at most, and labels of further heads as in DecodedBytes.
  int64_t more = 7 * (std::ssize(predictor.heads()) - 1);
  for (size_t i = 1; i < predictor.inputs().size(); i++) more += int64_t{4} * predictor.bands(i);
  return peak + DecodedBytes(width * height) + more * width * height;
}

}  // namespace fcn
