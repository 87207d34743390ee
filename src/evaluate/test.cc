#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "evaluate/evaluate.h"
#include "evaluate/pieces.h"
#include "fcn/segmenter.h"
#include "metrics/scores.h"
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
      : classes_(static_cast<size_t>(classes), "class"), palette_(classes_.size()) {}
  const std::vector<std::string>& classes() const override { return classes_; }
  const std::vector<Colour>& palette() const override { return palette_; }
  size_t size() const override { return 3; }
  std::string name(size_t i) const override { return std::to_string(i); }
  Sample Get(size_t i) const override {
    const int width = 40 + 30 * static_cast<int>(i), height = 70 - 20 * static_cast<int>(i);
    Sample sample{name(i), {width, height, {}}, {width, height, {}}};
    for (int p = 0; p < width * height; p++) {
      for (int c = 0; c < 3; c++)
        sample.image.rgb.push_back(static_cast<uint8_t>(RandomBits(i, static_cast<uint64_t>(p / 9 * 3 + c))));
      const uint64_t label = RandomBits(100 + i, static_cast<uint64_t>(p)) % (kClasses + 1);
      sample.labels.labels.push_back(label == kClasses ? kIgnoredLabel : static_cast<uint16_t>(label));
    }
    return sample;
  }

 private:
  std::vector<std::string> classes_;
  std::vector<Colour> palette_;
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

TEST_F(Evaluate, CountsWhatTheSegmenterSees) {
  const Context context(2);
  const Pictures pictures;
  Model model;
  model.name = "small";
  model.graph = std::make_shared<const Graph>(graph_);
  model.weights = weights_;
  model.head().classes = pictures.classes();
  model.input().preprocessing = preprocessing_;
  std::vector<size_t> progress;
  Predictor predictor = PredictorOn(context);
  const ConfusionMatrix matrix = EvaluateModel(predictor, pictures, {}, [&](size_t done) { progress.push_back(done); });
  EXPECT_EQ(progress, (std::vector<size_t>{1, 2, 3}));

  const std::string path = testing::TempDir() + "fcn-evaluate.safetensors";
  SaveModel(path, model);
  Segmenter segmenter(path);
  ConfusionMatrix expected(kClasses);
  for (size_t i = 0; i < pictures.size(); i++) {
    const Sample sample = pictures.Get(i);
    expected.Add(sample.labels.labels, segmenter.Segment(sample.image).labels, kIgnoredLabel);
  }
  std::remove(path.c_str());
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
  EvaluatePictures(predictor, pictures, {}, [&](size_t, const ConfusionMatrix& matrix) { sum.Merge(matrix); });
  EXPECT_EQ(sum, EvaluateModel(predictor, pictures, {}, [](size_t) {}));
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
    return EvaluateModel(predictor, pictures, {.max_pixels = max_pixels}, [](size_t) {});
  };
  const ConfusionMatrix whole = evaluate(0), pieces = evaluate(1000);
  EXPECT_EQ(pieces.pixels(), whole.pixels());
  EXPECT_EQ(evaluate(1 << 20), whole);
  struct Stopped {};
  int begun = 0;
  const EvaluateOptions stopping{.max_pixels = 1000, .on_piece = [&] {
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
  const int64_t whole = EvaluationBytes(predictor, 100, 30, 0), pieces = EvaluationBytes(predictor, 100, 30, 500);
  EXPECT_LT(pieces, whole);
  EXPECT_NO_THROW(evaluate(pieces, 500));
}

TEST_F(Evaluate, RefusesAnotherNumberOfClassesAndStops) {
  Context context(1);
  Predictor predictor = PredictorOn(context);
  const auto run = [&](const Dataset& dataset) { EvaluateModel(predictor, dataset, {}, [](size_t) {}); };
  ExpectError(ErrorCode::kUsage, "4 classes apart, the data set 5", [&] { run(Pictures(5)); });
  context.Cancel();
  ExpectError(ErrorCode::kCancelled, "", [&] { run(Pictures()); });
}

}  // namespace
}  // namespace fcn
