#include "models/fcn.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "fcn/error.h"
#include "graph/coordinates.h"
#include "graph/shapes.h"
#include "models/efficientnet_lite.h"
#include "models/surgery.h"
#include "models/vgg16.h"

namespace fcn {
namespace {

void CheckClasses(int classes) {
  if (classes < 1)
    throw Error(ErrorCode::kUsage, fmt::format("a network needs at least one class, not {}", classes),
                "Name at least one class.");
}

/// How many maps finer than stride 32 take part.
int SkipCount(int stride, int classes) {
  CheckClasses(classes);
  for (int skips = 0; skips <= 3; skips++)
    if (stride == 32 >> skips) return skips;
  throw Error(ErrorCode::kUsage, fmt::format("there is no FCN-{}s", stride), "FCNs have stride 32, 16, 8 or 4");
}

/// The fully connected layers as convolutions, and the scores of the coarsest map.
Map AddVgg16Scores(Graph& graph, Map pool5, int fc6_padding, int classes) {
  Map x = AddConv(graph, "fc6", "classifier.0", pool5, 4096, Square(7, 1, fc6_padding));
  x = AddOp(graph, "drop6", Dropout{}, AddOp(graph, "relu6", Relu{}, x));
  x = AddConv(graph, "fc7", "classifier.3", x, 4096, Square(1));
  x = AddOp(graph, "drop7", Dropout{}, AddOp(graph, "relu7", Relu{}, x));
  return AddConv(graph, "score_fr", "score_fr", x, classes, Square(1));
}

/// Upsamples `coarse` by a transposed convolution to the grid of `fine`. The grids of networks without Resize do not
/// depend on the image's size, so any size that passes through will do.
Map AddUpsamplingTo(Graph& graph, const std::string& module, Map coarse, Map fine) {
  const ByValue<Nhwc> shapes = InferShapes(graph, std::vector<Nhwc>{{1, 224, 224, 3}});
  const ByValue<CoordinateMap> maps = InferCoordinates(graph, shapes);
  const Upsampling up = UpsamplingBetween(maps[coarse.id], maps[fine.id]);
  return AddUpsampling(graph, module, coarse, up.kernel, up.stride);
}

/// Resizes `score` to each finer map's size in turn and adds, then to the image's.
Map FuseByResizing(Graph& graph, Map score, const std::vector<Map>& finer_scores, Map image) {
  for (const Map& finer : finer_scores) {
    const std::string& name = graph.value(finer.id).name;
    const Map resized = AddOp(graph, "resize_to_" + name, Resize{}, score, finer);
    score = AddOp(graph, "fuse_" + name, Add{}, resized, finer);
  }
  return AddOp(graph, "score", Resize{}, score, image);
}

/// 1×1 scores (score32, score16, …) of the maps at strides 4 to 32, from the coarsest to `skips` finer ones, fused.
Map AddScoresOf(Graph& graph, const std::array<Map, 4>& maps, int skips, int classes, Map image) {
  std::vector<Map> scores;
  for (int skip = 0; skip <= skips; skip++) {
    const std::string name = fmt::format("score{}", 32 >> skip);
    scores.push_back(AddConv(graph, name, name, maps[static_cast<size_t>(3 - skip)], classes, Square(1)));
  }
  return FuseByResizing(graph, scores[0], {scores.begin() + 1, scores.end()}, image);
}

}  // namespace

Graph Vgg16Fcn(int stride, int classes) {
  const int skips = SkipCount(stride, classes);
  Graph graph;
  const Map image = AddImage(graph);
  const Vgg16Pools pools = AddVgg16Features(graph, image, 100, true);
  Map score = AddVgg16Scores(graph, pools[4], 0, classes);
  std::string upsampling = "upscore2";
  for (int skip = 0; skip < skips; skip++) {
    const Map pool = pools[static_cast<size_t>(3 - skip)];
    const std::string name = graph.value(pool.id).name;
    const Map up = AddUpsamplingTo(graph, upsampling, score, pool);
    const Map fine = AddConv(graph, "score_" + name, "score_" + name, pool, classes, Square(1));
    score = AddOp(graph, "fuse_" + name, Add{}, up, AddOp(graph, "score_" + name + "c", Crop{}, fine, up));
    upsampling = "upscore_" + name;
  }
  const Map up = AddUpsamplingTo(graph, skips == 0 ? "upscore" : fmt::format("upscore{}", stride), score, image);
  graph.AddOutput(AddOp(graph, "score", Crop{}, up, image).id);
  return graph;
}

Graph Vgg16FcnUnpadded(int stride, int classes) {
  const int skips = SkipCount(stride, classes);
  Graph graph;
  const Map image = AddImage(graph);
  const Vgg16Pools pools = AddVgg16Features(graph, image, 1, true);
  const Map score = AddVgg16Scores(graph, pools[4], 3, classes);
  std::vector<Map> finer;
  for (int skip = 0; skip < skips; skip++) {
    const std::string name = fmt::format("score_pool{}", 4 - skip);
    finer.push_back(AddConv(graph, name, name, pools[static_cast<size_t>(3 - skip)], classes, Square(1)));
  }
  graph.AddOutput(FuseByResizing(graph, score, finer, image).id);
  return graph;
}

Graph EfficientNetLite0Fcn(int stride, int classes) {
  const int skips = SkipCount(stride, classes);
  Graph graph;
  const Map image = AddImage(graph);
  const EfficientNetLite0Taps taps = AddEfficientNetLite0(graph, image, "backbone.");
  graph.AddOutput(AddScoresOf(graph, taps, skips, classes, image).id);
  return graph;
}

Graph ResNetFcn(const ResNetBlocks& blocks, int stride, int classes) {
  const int skips = SkipCount(stride, classes);
  Graph graph;
  const Map image = AddImage(graph);
  const ResNetStages stages = AddResNet(graph, image, "backbone.", blocks, /*dilated=*/false);
  graph.AddOutput(AddScoresOf(graph, stages, skips, classes, image).id);
  return graph;
}

Graph DilatedResNetFcn(const ResNetBlocks& blocks, int classes) {
  CheckClasses(classes);
  Graph graph;
  const Map image = AddImage(graph);
  Map x = AddResNet(graph, image, "backbone.", blocks, /*dilated=*/true).back();
  x = AddConv(graph, "classifier.0", "classifier.0", x, x.channels / 4, Square(3, 1, 1), /*bias=*/false);
  x = AddBatchNorm(graph, "classifier.1", x, 1e-5f);
  x = AddOp(graph, "classifier.3", Dropout{0.1f}, AddOp(graph, "classifier.2", Relu{}, x));
  x = AddConv(graph, "classifier.4", "classifier.4", x, classes, Square(1));
  graph.AddOutput(AddOp(graph, "score", Resize{}, x, image).id);
  return graph;
}

}  // namespace fcn
