#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "evaluate/evaluate.h"
#include "evaluate/pieces.h"
#include "fcn/scores.h"
#include "models/initialise.h"
#include "models/layers.h"
#include "models/model.h"
#include "support/expect_error.h"
#include "tensor/random.h"

namespace fcn {
namespace {

using test::ExpectError;

constexpr int kClasses = 4;

/// Pictures of different sizes, with the labels that are given for each.
class Pictures : public Dataset {
 public:
  explicit Pictures(int classes = kClasses)
      : heads_{{"", std::vector<std::string>(static_cast<size_t>(classes), "class"),
                std::vector<Colour>(static_cast<size_t>(classes))}} {}
  const std::vector<HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return 3; }
  std::string name(size_t i) const override { return std::to_string(i); }
  Sample Get(size_t i) const override {
    const int width = 40 + 30 * static_cast<int>(i), height = 70 - 20 * static_cast<int>(i);
    Image image{width, height, {}};
    LabelMap labels{width, height, {}};
    for (int p = 0; p < width * height; p++) {
      for (int c = 0; c < 3; c++)
        image.rgb.push_back(static_cast<uint8_t>(RandomBits(i, static_cast<uint64_t>(p / 9 * 3 + c))));
      const uint64_t label = RandomBits(100 + i, static_cast<uint64_t>(p)) % (kClasses + 1);
      labels.labels.push_back(label == kClasses ? kIgnoredLabel : static_cast<uint16_t>(label));
    }
    return {name(i), {Raster(std::move(image))}, {std::move(labels)}, {}};
  }

 private:
  std::vector<HeadInfo> heads_;
};

/// A network so small that every class comes up: three colours to four scores, a convolution of 3×3 pixels each.
class Evaluate : public testing::Test {
 protected:
  Evaluate() {
    const Map scores = AddConv(graph_, "score", "score", AddImage(graph_), kClasses, Square(3, 1, 1), false);
    graph_.AddOutput(scores.id);
    weights_ = RandomWeights(graph_, 2);
    preprocessing_.mean = {127, 128, 129};
    preprocessing_.deviation = {50, 60, 70};
  }

  Predictor PredictorOn(const Context& context, int64_t max_memory = 0) const {
    CompileOptions options;
    options.max_memory = max_memory;
    return {{"small", std::make_shared<const Graph>(graph_), SourceOf(weights_), preprocessing_}, options, context};
  }

  Graph graph_;
  NamedTensors weights_;
  Preprocessing preprocessing_;
};

TEST_F(Evaluate, CountsWhatThePredictorSees) {
  const Context context(2);
  const Pictures pictures;
  std::vector<size_t> progress;
  Predictor predictor = PredictorOn(context);
  const ConfusionMatrix matrix =
      EvaluateModel(predictor, pictures, {}, [&](size_t done) { progress.push_back(done); })[0];
  EXPECT_EQ(progress, (std::vector<size_t>{1, 2, 3}));

  ConfusionMatrix expected(kClasses);
  for (size_t i = 0; i < pictures.size(); i++) {
    const Sample sample = pictures.Get(i);
    expected.Add(sample.labels[0].labels, predictor.Segment(sample.inputs).labels(), kIgnoredLabel);
  }
  EXPECT_EQ(matrix, expected);
  int64_t spread = 0;
  for (int i = 0; i < kClasses; i++) spread += matrix.predicted_pixels(i) > 0;
  EXPECT_EQ(spread, kClasses);  // else the test would not see a mistake
}

TEST_F(Evaluate, PicturesAddUpToTheWhole) {
  const Context context(1);
  const Pictures pictures;
  ConfusionMatrix sum(kClasses);
  Predictor predictor = PredictorOn(context);
  EvaluatePictures(predictor, pictures, {}, [&](const EvaluatedPicture& picture) {
    sum.Merge(picture.matrices[0]);
    const Sample sample = pictures.Get(picture.place);
    EXPECT_EQ(std::pair(picture.width, picture.height), std::pair(sample.width(), sample.height()));
    ConfusionMatrix again(kClasses);
    again.Add(sample.labels[0].labels, picture.labels[0], kIgnoredLabel);
    EXPECT_EQ(again, picture.matrices[0]);
  });
  EXPECT_EQ(sum, EvaluateModel(predictor, pictures, {}, [](size_t) {})[0]);
}

TEST(Pieces, AreEvenAndCoverThePicture) {
  for (const int64_t max_pixels : {0, 1, 7, 100, 5000, 20000, 1 << 30})
    for (const auto& [width, height] : {std::pair<int64_t, int64_t>{200, 100}, {1, 300}, {17, 13}}) {
      std::vector<int> seen(static_cast<size_t>(width * height));
      const Pieces pieces(width, height, max_pixels);
      std::set<int64_t> widths, heights;
      for (int64_t i = 0; i < pieces.count(); i++) {
        const Piece piece = pieces[i];
        widths.insert(piece.width), heights.insert(piece.height);
        EXPECT_TRUE(max_pixels == 0 || piece.width * piece.height <= max_pixels) << max_pixels;
        for (int64_t y = piece.y; y < piece.y + piece.height; y++)
          for (int64_t x = piece.x; x < piece.x + piece.width; x++) seen[static_cast<size_t>(y * width + x)]++;
      }
      EXPECT_EQ(std::ranges::count(seen, 1), width * height) << max_pixels;
      EXPECT_EQ(widths, (std::set{pieces.shortest_width(), pieces.longest_width()})) << max_pixels;
      EXPECT_EQ(heights, (std::set{pieces.shortest_height(), pieces.longest_height()})) << max_pixels;
    }
  EXPECT_EQ(Pieces(200, 100, 0).count(), 1);
  EXPECT_EQ(Pieces(200, 100, 10000).count(), 2);
  EXPECT_EQ(Pieces(0x7fffffff, 0x7fffffff, int64_t{1} << 30).count(), int64_t{1} << 32);
}

TEST_F(Evaluate, PiecesDifferAtTheCutsAlone) {
  const Context context(2);
  const Pictures pictures;
  Predictor predictor = PredictorOn(context);
  const auto evaluate = [&](int64_t max_pixels) {
    return EvaluateModel(predictor, pictures, {.max_pixels = max_pixels}, [](size_t) {})[0];
  };
  const ConfusionMatrix whole = evaluate(0), pieces = evaluate(1000);
  EXPECT_EQ(pieces.pixels(), whole.pixels());
  EXPECT_EQ(evaluate(1 << 20), whole);
  struct Stopped {};
  int begun = 0;
  const PieceOptions stopping{.max_pixels = 1000, .on_piece = [&] {
                                if (++begun == 2) throw Stopped();
                              }};
  EXPECT_THROW(EvaluateModel(predictor, pictures, stopping,
                             [](size_t) { ADD_FAILURE() << "a picture of several pieces was done"; }),
               Stopped);
  int64_t moved = 0;
  for (int i = 0; i < kClasses; i++) moved += std::abs(pieces.predicted_pixels(i) - whole.predicted_pixels(i));
  EXPECT_GT(moved, 0);  // a window of 3×3 pixels sees over a cut
  EXPECT_LT(moved, whole.pixels() / 10);
}

TEST_F(Evaluate, APictureThatDoesNotFitIsNamed) {
  const Context context(1);
  const auto evaluate = [&](int64_t max_memory, int64_t max_pixels) {
    Predictor predictor = PredictorOn(context, max_memory);
    EvaluateModel(predictor, Pictures(), {.max_pixels = max_pixels}, [](size_t) {});
  };
  ExpectError(ErrorCode::kMemory, "the picture 0 of 40x70 pixels", [&] { evaluate(100'000, 0); });
  // What is planned is enough, and pieces need less.
  Predictor predictor = PredictorOn(context);
  const int64_t whole = EvaluationBytes(predictor, 100, 30, {}),
                pieces = EvaluationBytes(predictor, 100, 30, {.max_pixels = 500});
  EXPECT_LT(pieces, whole);
  EXPECT_NO_THROW(evaluate(pieces, 500));
}

TEST_F(Evaluate, TheForecastHasStitchedScores) {
  const Context context(1);
  graph_ = Graph();
  graph_.AddOutput(AddConv(graph_, "score", "score", AddImage(graph_), kClasses, Square(4, 4, 0), false).id);
  weights_ = RandomWeights(graph_, 2);
  const PieceOptions options{.shift_and_stitch = true};
  Predictor predictor = PredictorOn(context);
  const int64_t bytes = EvaluationBytes(predictor, 70, 50, options);  // the largest
  EXPECT_GE(bytes, 70 * 50 * int64_t{sizeof(float)} * (kClasses + 3 + 3)) << "and the picture, and its copy";
  Predictor enough = PredictorOn(context, bytes);
  EXPECT_EQ(EvaluateModel(enough, Pictures(), options, [](size_t) {})[0].classes(), kClasses);
}

TEST_F(Evaluate, RefusesAnotherNumberOfClassesAndStops) {
  Context context(1);
  Predictor predictor = PredictorOn(context);
  const auto run = [&](const Dataset& dataset) { EvaluateModel(predictor, dataset, {}, [](size_t) {}); };
  ExpectError(ErrorCode::kUsage, "4 classes apart, the data set 5", [&] { run(Pictures(5)); });
  context.Cancel();
  ExpectError(ErrorCode::kCancelled, "", [&] { run(Pictures()); });
}

/// Samples of depth and colour, in this order, with labels of two heads.
class Scenes : public Dataset {
 public:
  explicit Scenes(std::vector<HeadInfo> heads, std::vector<InputInfo> inputs = {{"depth", 1}, {"image", 0}})
      : heads_(std::move(heads)), inputs_(std::move(inputs)) {}
  const std::vector<InputInfo>& inputs() const override { return inputs_; }
  const std::vector<HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return 2; }
  std::string name(size_t i) const override { return std::to_string(i); }
  Sample Get(size_t i) const override {
    const int width = 50 + 11 * static_cast<int>(i), height = 40;
    const auto pixels = static_cast<size_t>(width * height);
    const auto random = [&](uint64_t stream, size_t p, uint64_t below) {
      return RandomBits(stream + i, p / 9) % below;
    };
    std::vector<uint16_t> depth;
    Image image{width, height, {}};
    for (size_t p = 0; p < pixels; p++) depth.push_back(static_cast<uint16_t>(random(1, p, 65536)));
    for (size_t p = 0; p < 3 * pixels; p++) image.rgb.push_back(static_cast<uint8_t>(random(20, p, 256)));
    Sample sample{.name = name(i)};
    sample.inputs.emplace_back(width, height, 1, std::move(depth));
    sample.inputs.emplace_back(std::move(image));
    for (const HeadInfo& head : heads_) {
      LabelMap& map = sample.labels.emplace_back(LabelMap{width, height, {}});
      for (size_t p = 0; p < pixels; p++)
        map.labels.push_back(static_cast<uint16_t>(random(40 + head.classes.size(), p, head.classes.size())));
    }
    return sample;
  }

 private:
  std::vector<HeadInfo> heads_;
  std::vector<InputInfo> inputs_;
};

HeadInfo Head(const char* name, int classes) {
  return {name, std::vector<std::string>(static_cast<size_t>(classes), "c"), {}};
}

class EvaluateRoles : public testing::Test {
 protected:
  EvaluateRoles() {
    Graph graph;
    const Map image{graph.AddInput("image", 3), 3}, depth{graph.AddInput("depth", 1), 1};
    const Map both{graph.AddNode("both", Concat{}, {image.id, depth.id}), 4};
    graph.AddOutput(AddConv(graph, "a", "a", both, 4, Square(3, 1, 1), false).id);
    graph.AddOutput(AddConv(graph, "b", "b", both, 1, Square(3, 1, 1), false).id);
    graph_ = std::make_shared<const Graph>(std::move(graph));
  }

  Predictor Make() const {
    Preprocessing of_depth = kTorchvisionPreprocessing;
    of_depth.order = Preprocessing::Order::kBands;
    of_depth.mean = {0.5f}, of_depth.deviation = {0.3f}, of_depth.most = 1;
    return {{"small",
             graph_,
             SourceOf(RandomWeights(*graph_, 2)),
             {{"image", kTorchvisionPreprocessing}, {"depth", of_depth}},
             {{"class"}, {"crack"}}},
            {},
            context_};
  }

  const Context context_{2};
  std::shared_ptr<const Graph> graph_;
};

TEST_F(EvaluateRoles, InputsAndHeadsMeetByName) {
  Predictor predictor = Make();
  const Scenes both({Head("crack", 2), Head("class", 4)}), one({Head("class", 4)});
  const RoleMatch match = MatchRoles(predictor, both);
  EXPECT_EQ(match.inputs, (std::vector<size_t>{1, 0}));
  EXPECT_EQ(match.heads, (std::vector<size_t>{1, 0}));
  const std::vector<ConfusionMatrix> matrices = EvaluateModel(predictor, both, {}, [](size_t) {});
  ASSERT_EQ(matrices.size(), 2u);
  EXPECT_EQ(matrices[0].classes(), 2);
  EXPECT_EQ(matrices[0].pixels(), (50 + 61) * 40);
  EXPECT_EQ(EvaluateModel(predictor, one, {}, [](size_t) {}), std::vector{matrices[1]});

  ConfusionMatrix expected(4);
  for (size_t i = 0; i < 2; i++) {
    const Sample sample = both.Get(i);
    const std::vector<Raster> pictures = {sample.inputs[1], sample.inputs[0]};
    expected.Add(sample.labels[1].labels, predictor.Segment(pictures).labels(), kIgnoredLabel);
  }
  EXPECT_EQ(matrices[1], expected);

  const std::vector<ConfusionMatrix> pieces = EvaluateModel(predictor, both, {.max_pixels = 1000}, [](size_t) {});
  for (size_t head = 0; head < 2; head++) {
    int64_t moved = 0;
    for (int c = 0; c < matrices[head].classes(); c++)
      moved += std::abs(pieces[head].predicted_pixels(c) - matrices[head].predicted_pixels(c));
    EXPECT_LT(moved, matrices[head].pixels() / 10);
  }
}

TEST_F(EvaluateRoles, RefusesDataOfOtherRoles) {
  Predictor predictor = Make();
  const auto refused = [&](const char* part, const Dataset& dataset) {
    ExpectError(ErrorCode::kUsage, part, [&] { MatchRoles(predictor, dataset); });
  };
  refused("the data set lacks the input \"depth\"", Scenes({Head("class", 4)}, {{"image", 0}}));
  refused("the data set lacks the input \"depth\"", Pictures());
  refused("the input \"depth\" has 3 bands in the data set, the network takes 1",
          Scenes({Head("class", 4)}, {{"image", 0}, {"depth", 3}}));
  refused("the network lacks the head \"geometry\"", Scenes({Head("geometry", 3)}));
  refused("the network tells 2 classes apart in the head \"crack\", the data set 3", Scenes({Head("crack", 3)}));
  // By place, where one of both has no names.
  EXPECT_EQ(MatchRoles(predictor, Scenes({Head("", 4)}, {{"", 0}, {"", 1}})).heads, std::vector<size_t>{0});
}

}  // namespace
}  // namespace fcn
