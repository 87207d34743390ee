#include "models/fcn.h"

#include <fmt/format.h>

#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fcn/error.h"
#include "graph/coordinates.h"
#include "graph/shapes.h"
#include "models/lenet.h"
#include "models/surgery.h"
#include "models/vgg16.h"

namespace fcn {
namespace {

/// Of the image on each side, in the paper's published networks.
constexpr int kPaperPadding = 100;

/// How many maps finer than stride 32 take part, of `most` that there are.
int SkipCount(int stride, int most = 3) {
  for (int skips = 0; skips <= most; skips++)
    if (stride == 32 >> skips) return skips;
  const char* strides = most == 4   ? "FCNs on VGG16 have stride 32, 16, 8, 4 or 2"
                        : most == 3 ? "FCNs have stride 32, 16, 8 or 4"
                                    : "FCNs on AlexNet have stride 32, 16 or 8";
  throw Error(ErrorCode::kUsage, fmt::format("there is no FCN-{}s", stride), strides);
}

constexpr int kVgg16Skips = 4;

/// The fully connected layers as convolutions.
Map AddVgg16Layers(Graph& graph, Map pool5, int fc6_padding, const NetworkForm& form, const std::string& prefix = {}) {
  const int channels = form.fc_channels > 0 ? form.fc_channels : 4096;
  Map x = AddConv(graph, prefix + "fc6", prefix + "classifier.0", pool5, channels, Square(7, 1, fc6_padding));
  x = AddOp(graph, prefix + "drop6", Dropout{}, AddOp(graph, prefix + "relu6", Relu{}, x));
  x = AddConv(graph, prefix + "fc7", prefix + "classifier.3", x, channels, Square(1));
  return AddOp(graph, prefix + "drop7", Dropout{}, AddOp(graph, prefix + "relu7", Relu{}, x));
}

/// 1×1 scores of a map.
Map AddScore(Graph& graph, const std::string& name, Map x, int scores) {
  return AddConv(graph, name, name, x, scores, Square(1));
}

/// What the scores of a network's `skip`-th finer map read, one node for all heads: `map`, or where the form has a
/// scale that to the power of `skip` times it.
Map AddSkip(Graph& graph, const std::string& name, Map map, int skip, const NetworkForm& form) {
  if (form.skip_scale == 1) return map;
  const std::string scale = "scale_" + name;
  if (const ValueId there = graph.Find(scale); there != kNoValue) return {there, map.channels};
  return AddOp(graph, scale, Scale{static_cast<float>(std::pow(form.skip_scale, skip))}, map);
}

/// How a transposed convolution brings `coarse` to the grid of `fine`. The grids of networks without Resize do not
/// depend on the image's size, so any size that passes through will do.
Upsampling UpsamplingTo(const Graph& graph, Map coarse, Map fine) {
  std::vector<Nhwc> inputs;
  for (const ValueId input : graph.inputs()) inputs.push_back({1, 224, 224, graph.value(input).channels});
  const ByValue<Nhwc> shapes = InferShapes(graph, inputs);
  const ByValue<CoordinateMap> maps = InferCoordinates(graph, shapes);
  return UpsamplingBetween(maps[coarse.id], maps[fine.id]);
}

Map AddUpsamplingTo(Graph& graph, const std::string& module, Map coarse, Map fine) {
  const Upsampling up = UpsamplingTo(graph, coarse, fine);
  return AddUpsampling(graph, module, coarse, up.kernel, up.stride);
}

bool Resizes(const NetworkForm& form) {
  return form.upsampling == UpsamplingMethod::kUsual || form.upsampling == UpsamplingMethod::kResize;
}

/// Scores and what they are called in their head.
using NamedScores = std::vector<std::pair<std::string, Map>>;

/// Brings the first of a head's scores, the coarsest, to each finer map's size in turn and adds.
Map FuseScores(Graph& graph, const std::string& prefix, const NamedScores& scores, const NetworkForm& form) {
  Map score = scores.front().second;
  for (size_t i = 1; i < scores.size(); i++) {
    const auto& [name, finer] = scores[i];
    Map up;
    if (Resizes(form)) {
      up = AddOp(graph, prefix + "resize_to_" + name, Resize{}, score, finer);
    } else {
      const std::string module = prefix + "upscore_to_" + name;
      up = AddOp(graph, module + "c", Crop{}, AddUpsamplingTo(graph, module, score, finer), finer);
    }
    score = AddOp(graph, prefix + "fuse_" + name, Add{}, up, finer);
  }
  return score;
}

/// A head's coarse scores at the picture's size: its output, "score".
Map AddFinalUpsampling(Graph& graph, const std::string& prefix, Map coarse, const NetworkForm& form) {
  const Map picture = PictureOf(graph);
  if (Resizes(form)) return AddOp(graph, prefix + "score", Resize{}, coarse, picture);
  const Upsampling up = UpsamplingTo(graph, coarse, picture);
  const std::string module = prefix + (up.stride == 32 ? "upscore" : fmt::format("upscore{}", up.stride));
  return AddOp(graph, prefix + "score", Crop{}, AddUpsampling(graph, module, coarse, up.kernel, up.stride), picture);
}

/// Scores of a padded image lie beside the picture's grid until they are cropped.
void CheckCrops(const std::string& network, int padding, const NetworkForm& form, const std::string& hint) {
  if (form.upsampling == UpsamplingMethod::kResize)
    throw Error(ErrorCode::kUsage,
                fmt::format("{} cannot resize its scores: it pads its input by {}", network, padding), hint);
}

/// Each head's 1×1 scores of the features, score_fr, brought by transposed convolutions to the grid of each finer map
/// in turn, the last of them first, where that map's scores are cropped and added; and to the picture's.
void AddHeadsWithCrops(Graph& graph, Map features, std::span<const Map> finer, int stride, const Ports& ports) {
  const auto add_scores = [&](const std::string& prefix, int scores) {
    Map score = AddScore(graph, prefix + "score_fr", features, scores);
    std::string upsampling = prefix + "upscore2";
    int skip = 0;
    for (auto pool = finer.rbegin(); pool != finer.rend(); pool++) {
      const std::string name = graph.value(pool->id).name, of_pool = prefix + "score_" + name;
      const Map up = AddUpsamplingTo(graph, upsampling, score, *pool);
      const Map fine = AddScore(graph, of_pool, AddSkip(graph, name, *pool, ++skip, ports.form), scores);
      score = AddOp(graph, prefix + "fuse_" + name, Add{}, up, AddOp(graph, of_pool + "c", Crop{}, fine, up));
      upsampling = prefix + "upscore_" + name;
    }
    return score;
  };
  // upscore2 is the first upsampling of them all, so the last one of FCN-2s goes on with the names between.
  const std::string last = finer.empty() ? "upscore" : stride == 2 ? "upscore_pool1" : fmt::format("upscore{}", stride);
  AddHeads(graph, ports, add_scores, [&](const std::string& prefix, Map coarse) {
    const Map picture = PictureOf(graph);
    return AddOp(graph, prefix + "score", Crop{}, AddUpsamplingTo(graph, prefix + last, coarse, picture), picture);
  });
}

/// 1×1 scores (score32, score16, …) of the maps at strides 4 to 32, from the coarsest to `skips` finer ones, fused.
/// The maps are those of a tower, with whose name all heads' begin, or of the network.
Map AddFusedScores(Graph& graph, const std::string& prefix, const std::string& tower, const std::array<Map, 4>& maps,
                   int skips, int scores, const NetworkForm& form) {
  NamedScores named;
  for (int skip = 0; skip <= skips; skip++) {
    const std::string name = fmt::format("score{}", 32 >> skip);
    Map map = maps[static_cast<size_t>(3 - skip)];
    if (skip > 0) map = AddSkip(graph, tower + std::to_string(32 >> skip), map, skip, form);
    named.emplace_back(name, AddScore(graph, prefix + tower + name, map, scores));
  }
  return FuseScores(graph, prefix + tower, named, form);
}

/// Those of each head, at the picture's size.
void AddHeadsOf(Graph& graph, const std::array<Map, 4>& maps, int skips, const Ports& ports) {
  const auto add_scores = [&](const std::string& prefix, int scores) {
    return AddFusedScores(graph, prefix, "", maps, skips, scores, ports.form);
  };
  AddHeads(graph, ports, add_scores, [&](const std::string& prefix, Map coarse) {
    return AddFinalUpsampling(graph, prefix, coarse, ports.form);
  });
}

/// The inputs of towers, one by one.
std::vector<Map> AddTowerInputs(Graph& graph, const Ports& ports) {
  CheckPorts(ports);
  std::vector<Map> inputs;
  inputs.reserve(ports.inputs.size());
  for (const InputPort& input : ports.inputs)
    inputs.push_back({graph.AddInput(input.name, input.channels), input.channels});
  return inputs;
}

/// The mean of the towers' scores of a head, "score_fused"; `add_scores` adds those of one, whose names begin with the
/// head's prefix and then the tower's.
Map AddMeanOfTowers(Graph& graph, const Ports& ports, const std::string& prefix,
                    FunctionRef<Map(size_t i, const std::string& tower)> add_scores) {
  const size_t count = ports.inputs.size();
  Map sum;
  for (size_t i = 0; i < count; i++) {
    const std::string own = OfTower(ports.inputs[i].name), tower = prefix + own;
    const Map score = add_scores(i, own);
    if (count == 1) return score;
    const Map part = AddOp(graph, tower + "score_part", Scale{1.0f / static_cast<float>(count)}, score);
    const std::string name = i + 1 < count ? tower + "score_sum" : prefix + "score_fused";
    sum = i == 0 ? part : AddOp(graph, name, Add{}, sum, part);
  }
  return sum;
}

}  // namespace

Graph Vgg16Fcn(int stride, const Ports& ports) {
  const int skips = SkipCount(stride, kVgg16Skips);
  CheckCrops(fmt::format("fcn{}s-vgg16", stride), kPaperPadding, ports.form,
             fmt::format("Take fcn{}s-vgg16-unpadded, or leave upsampling to what the network has.", stride));
  Graph graph;
  const Map inputs = AddInputs(graph, ports);
  const Vgg16Pools pools = AddVgg16Features(graph, inputs, kPaperPadding, true);
  const Map features = AddVgg16Layers(graph, pools[4], 0, ports.form);
  AddHeadsWithCrops(graph, features, std::span(pools).first(4).last(static_cast<size_t>(skips)), stride, ports);
  return graph;
}

Graph Vgg16LateFusion(const Ports& ports) {
  CheckCrops("fcn32s-vgg16-late-fusion", kPaperPadding, ports.form, "Leave upsampling to what the network has.");
  Graph graph;
  const std::vector<Map> images = AddTowerInputs(graph, ports);
  std::vector<Map> features;
  for (size_t i = 0; i < images.size(); i++) {
    const std::string tower = OfTower(ports.inputs[i].name);
    const Map pool5 = AddVgg16Features(graph, images[i], kPaperPadding, true, tower)[4];
    features.push_back(AddVgg16Layers(graph, pool5, 0, ports.form, tower));
  }
  const auto add_scores = [&](const std::string& prefix, int scores) {
    return AddMeanOfTowers(graph, ports, prefix, [&](size_t i, const std::string& tower) {
      return AddScore(graph, prefix + tower + "score_fr", features[i], scores);
    });
  };
  AddHeads(graph, ports, add_scores, [&](const std::string& prefix, Map coarse) {
    const Map picture = PictureOf(graph);
    return AddOp(graph, prefix + "score", Crop{}, AddUpsamplingTo(graph, prefix + "upscore", coarse, picture), picture);
  });
  return graph;
}

Graph Vgg16FcnUnpadded(int stride, const Ports& ports) {
  const int skips = SkipCount(stride, kVgg16Skips);
  Graph graph;
  const Map inputs = AddInputs(graph, ports);
  const Vgg16Pools pools = AddVgg16Features(graph, inputs, 1, true);
  const Map features = AddVgg16Layers(graph, pools[4], 3, ports.form);
  const auto add_scores = [&](const std::string& prefix, int scores) {
    NamedScores named = {{"score_fr", AddScore(graph, prefix + "score_fr", features, scores)}};
    for (int skip = 1; skip <= skips; skip++) {
      const std::string pool = fmt::format("pool{}", 5 - skip);
      const Map map = AddSkip(graph, pool, pools[static_cast<size_t>(4 - skip)], skip, ports.form);
      named.emplace_back("score_" + pool, AddScore(graph, prefix + "score_" + pool, map, scores));
    }
    return FuseScores(graph, prefix, named, ports.form);
  };
  AddHeads(graph, ports, add_scores, [&](const std::string& prefix, Map coarse) {
    return AddFinalUpsampling(graph, prefix, coarse, ports.form);
  });
  return graph;
}

Graph AlexNetFcn(const AlexNetForm& form, int stride, const Ports& ports) {
  const int skips = SkipCount(stride, 2);
  CheckCrops(fmt::format("FCN-{}s on AlexNet", stride), kPaperPadding, ports.form,
             "Leave upsampling to what the network has.");
  const int channels = ports.form.fc_channels > 0 ? ports.form.fc_channels : kAlexNetHidden;
  Graph graph;
  AlexNetForm rounded_up = form;
  rounded_up.ceil = true;  // so that upsampled scores reach to the end of any picture
  const AlexNetPools pools = AddAlexNetFeatures(graph, AddInputs(graph, ports), rounded_up, kPaperPadding);
  Map x = AddConv(graph, "fc6", "fc6", pools.back(), channels, Square(kAlexNetKernel));
  x = AddOp(graph, "drop6", Dropout{}, AddOp(graph, "relu6", Relu{}, x));
  x = AddConv(graph, "fc7", "fc7", x, channels, Square(1));
  x = AddOp(graph, "drop7", Dropout{}, AddOp(graph, "relu7", Relu{}, x));
  AddHeadsWithCrops(graph, x, std::span(pools).first(2).last(static_cast<size_t>(skips)), stride, ports);
  return graph;
}

Graph LeNetFcn(const Ports& ports) {
  constexpr int kPadding = kLeNetSide / 2;
  CheckCrops("fcn4s-lenet", kPadding, ports.form, "Leave upsampling to what the network has.");
  Graph graph;
  Map x = AddLeNetFeatures(graph, AddInputs(graph, ports), kPadding);
  x = AddConv(graph, "ip1", "ip1", x, kLeNetHidden, Square(kLeNetKernel));
  x = AddOp(graph, "relu1", Relu{}, x);
  const auto add_scores = [&](const std::string& prefix, int scores) {
    return AddConv(graph, prefix + "ip2", prefix + "ip2", x, scores, Square(1));
  };
  AddHeads(graph, ports, add_scores, [&](const std::string& prefix, Map coarse) {
    const Map picture = PictureOf(graph);
    return AddOp(graph, prefix + "score", Crop{}, AddUpsamplingTo(graph, prefix + "upscore", coarse, picture), picture);
  });
  return graph;
}

Graph EfficientNetLiteFcn(const EfficientNetLite& member, int stride, const Ports& ports) {
  const int skips = SkipCount(stride);
  Graph graph;
  const EfficientNetLiteTaps taps = AddEfficientNetLite(graph, AddInputs(graph, ports), "backbone.", member);
  AddHeadsOf(graph, taps, skips, ports);
  return graph;
}

Graph GoogLeNetFcn(GoogLeNetForm form, int stride, const Ports& ports) {
  const int skips = SkipCount(stride);
  const bool is_caffes = form == GoogLeNetForm::kCaffe;
  Graph graph;
  GoogLeNetTaps taps = AddGoogLeNet(graph, AddInputs(graph, ports), is_caffes ? "" : "backbone.", form);
  taps.back() = AddOp(graph, "dropout", Dropout{is_caffes ? 0.4f : 0.2f}, taps.back());
  AddHeadsOf(graph, taps, skips, ports);
  return graph;
}

Graph EfficientNetLiteLateFusion(const EfficientNetLite& member, int stride, const Ports& ports) {
  const int skips = SkipCount(stride);
  Graph graph;
  const std::vector<Map> images = AddTowerInputs(graph, ports);
  std::vector<EfficientNetLiteTaps> taps;
  for (size_t i = 0; i < images.size(); i++)
    taps.push_back(AddEfficientNetLite(graph, images[i], OfTower(ports.inputs[i].name) + "backbone.", member));
  const auto add_scores = [&](const std::string& prefix, int scores) {
    return AddMeanOfTowers(graph, ports, prefix, [&](size_t i, const std::string& tower) {
      return AddFusedScores(graph, prefix, tower, taps[i], skips, scores, ports.form);
    });
  };
  AddHeads(graph, ports, add_scores, [&](const std::string& prefix, Map coarse) {
    return AddFinalUpsampling(graph, prefix, coarse, ports.form);
  });
  return graph;
}

Graph ResNetFcn(const ResNetBlocks& blocks, int stride, const Ports& ports) {
  const int skips = SkipCount(stride);
  Graph graph;
  const ResNetStages stages = AddResNet(graph, AddInputs(graph, ports), "backbone.", blocks, /*dilated=*/false);
  AddHeadsOf(graph, stages, skips, ports);
  return graph;
}

Graph DilatedResNetFcn(const ResNetBlocks& blocks, const Ports& ports) {
  Graph graph;
  const Map features = AddResNet(graph, AddInputs(graph, ports), "backbone.", blocks, /*dilated=*/true).back();
  const auto add_scores = [&](const std::string& prefix, int scores) {
    const std::string head = prefix + "classifier.";
    Map x = AddConv(graph, head + "0", head + "0", features, features.channels / 4, Square(3, 1, 1), /*bias=*/false);
    x = AddBatchNorm(graph, head + "1", x, 1e-5f);
    x = AddOp(graph, head + "3", Dropout{0.1f}, AddOp(graph, head + "2", Relu{}, x));
    return AddScore(graph, head + "4", x, scores);
  };
  AddHeads(graph, ports, add_scores, [&](const std::string& prefix, Map coarse) {
    return AddFinalUpsampling(graph, prefix, coarse, ports.form);
  });
  return graph;
}

}  // namespace fcn
