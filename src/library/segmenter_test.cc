#include "fcn/segmenter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <mutex>
#include <numeric>
#include <thread>

#include "fcn/model.h"
#include "graph/shapes.h"
#include "graph/text.h"
#include "models/initialise.h"
#include "models/zoo.h"
#include "segment/dense_graph.h"
#include "segment/golden.h"
#include "support/dashes.h"
#include "support/expect_error.h"
#include "support/folder_test.h"

namespace fcn {
namespace {

using test::Dashes;
using test::ExpectError;

class SegmenterTest : public test::FolderTest {
 protected:
  std::string Save(const std::string& network, std::vector<std::string> classes) const {
    const ZooEntry& entry = FindModel(network);
    const Graph graph = entry.build(static_cast<int>(classes.size()));
    SaveModel(path_, MakeModel(entry, RandomWeights(graph, 2), std::move(classes)));
    return path_.string();
  }

  const std::filesystem::path path_ = folder_ / "model.safetensors";
};

TEST_F(SegmenterTest, LabelsAreTheMostProbableClasses) {
  Segmenter segmenter(Save("fcn8s-efficientnet-lite0", {"a", "b", "c", "d"}));
  EXPECT_FALSE(segmenter.is_classifier());
  EXPECT_EQ(segmenter.palette().size(), 4u);
  const Segmentation result = segmenter.Segment(Dashes(70, 45), {true, {{1, 2}}});
  ASSERT_EQ(result.labels().size(), 70u * 45);
  ASSERT_EQ(result.probabilities().size(), 70u * 45 * 4);
  for (size_t i = 0; i < result.labels().size(); i++) {
    const float* p = &result.probabilities()[4 * i];
    EXPECT_NEAR(std::accumulate(p, p + 4, 0.0f), 1, 1e-5);
    EXPECT_EQ(p[result.labels()[i]], *std::max_element(p, p + 4));
  }
  for (float heat : result.heat()) EXPECT_TRUE(heat >= 0 && heat <= 1);
}

TEST_F(SegmenterTest, AClassifierIsMadeDense) {
  Segmenter segmenter(Save("efficientnet-lite0", {"a", "b", "c"}));
  EXPECT_TRUE(segmenter.is_classifier());
  const Image picture = Dashes(300, 260);
  EXPECT_EQ(segmenter.Segment(picture).labels().size(), 300u * 260);
  const std::vector<ClassProbability> ranking = segmenter.Classify(picture);
  ASSERT_EQ(ranking.size(), 3u);
  EXPECT_GE(ranking[0].probability, ranking[1].probability);
  EXPECT_NEAR(ranking[0].probability + ranking[1].probability + ranking[2].probability, 1, 1e-5);
}

TEST_F(SegmenterTest, AClassifierOfGreyPictures) {
  const ZooEntry& entry = FindModel("lenet");
  SaveModel(path_, MakeModel(entry, RandomWeights(entry.build(entry.ports(10)), 2)));
  Segmenter segmenter(path_.string());
  const auto grey = [](const Image& image) {
    std::vector<uint8_t> samples;
    for (size_t i = 0; i < image.rgb.size(); i += 3) samples.push_back(image.rgb[i]);
    return Raster(image.width, image.height, 1, std::move(samples));
  };
  EXPECT_EQ(segmenter.Classify(grey(Dashes(60, 40))).size(), 10u);
  // Of a picture of its size the whole and its only place have the same scores.
  const Raster digit = grey(Dashes(28, 28));
  const std::vector<float> pixels = segmenter.Segment(std::span(&digit, 1), {.probabilities = true}).probabilities();
  for (const ClassProbability& of_class : segmenter.Classify(digit))
    EXPECT_NEAR(of_class.probability, pixels[static_cast<size_t>(of_class.index)], 1e-4) << of_class.index;
  ExpectError(ErrorCode::kInput, "has 3 bands, lenet takes 1", [&] { segmenter.Classify(Dashes(28, 28)); });
  ExpectError(ErrorCode::kUnsupported, "uint16",
              [&] { segmenter.Classify(Raster(28, 28, 1, std::vector<uint16_t>(28 * 28))); });
}

TEST_F(SegmenterTest, SeveralThreadsGetTheAnswersOfOne) {
  Segmenter segmenter(Save("fcn32s-efficientnet-lite0", {"a", "b", "c"}), {2, "", true});
  const Image pictures[] = {Dashes(64, 64, 1), Dashes(80, 50, 2), Dashes(33, 97, 3)};
  std::vector<std::vector<uint16_t>> alone, together(9);
  for (const Image& picture : pictures) alone.push_back(segmenter.Segment(picture).labels());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < together.size(); i++)
    threads.emplace_back([&, i] {
      SegmentRequest request;
      request.on_this_thread = i % 2 == 1;
      request.one_of_many = i % 4 == 2;
      together[i] = segmenter.Segment(pictures[i % 3], request).labels();
    });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < together.size(); i++) EXPECT_EQ(together[i], alone[i % 3]) << i;
}

void ExpectSame(const Segmentation& a, const Segmentation& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  ASSERT_EQ(a.heads.size(), b.heads.size());
  for (size_t i = 0; i < a.heads.size(); i++) {
    EXPECT_EQ(a.heads[i].labels, b.heads[i].labels);
    EXPECT_EQ(a.heads[i].probabilities, b.heads[i].probabilities);
  }
}

Runtime WithThreads(int threads) { return Runtime({.threads = threads, .isa = {}}); }

TEST_F(SegmenterTest, AnOpenModelAnswersAsItsFileDoes) {
  Save("fcn8s-efficientnet-lite0", {"a", "b", "c"});
  const Image picture = Dashes(70, 45);
  const SegmentRequest request{.probabilities = true};
  const Segmentation expected = Segmenter(path_.string()).Segment(picture, request);
  const Runtime runtime = WithThreads(2);
  std::optional<Model> model = Model::Open(path_.string());
  Segmenter first(*model, runtime), second(*model, runtime), alone(*model);
  model.reset();  // each has a copy of the handle's contents
  ExpectSame(first.Segment(picture, request), expected);
  ExpectSame(second.Segment(picture, request), expected);
  ExpectSame(alone.Segment(picture, request), expected);
  EXPECT_EQ(first.name(), "fcn8s-efficientnet-lite0");
  first.Cancel();  // itself alone
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { first.Segment(picture); });
  ExpectSame(second.Segment(picture, request), expected);
  runtime.Cancel();  // all on it
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { second.Segment(picture); });
  ExpectSame(alone.Segment(picture, request), expected);
  ExpectError(ErrorCode::kUsage, "threshold", [&] { Segmenter(Model::Open(path_.string()), runtime, 0.3); });
}

TEST_F(SegmenterTest, TwoModelsOfARuntimeAnswerManyThreads) {
  const Runtime runtime = WithThreads(2);
  Segmenter first(Model::Open(Save("fcn32s-efficientnet-lite0", {"a", "b", "c"})), runtime);
  Segmenter second(Model::Open(Save("fcn8s-efficientnet-lite0", {"a", "b"})), runtime);
  const Image picture = Dashes(64, 48);
  const std::vector<uint16_t> of_first = first.Segment(picture).labels(), of_second = second.Segment(picture).labels();
  std::vector<std::vector<uint16_t>> labels(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < labels.size(); i++)
    threads.emplace_back([&, i] { labels[i] = (i % 2 == 0 ? first : second).Segment(picture).labels(); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < labels.size(); i++) EXPECT_EQ(labels[i], i % 2 == 0 ? of_first : of_second) << i;
}

/// What a runtime told.
struct Told {
  std::mutex mutex;
  std::vector<std::string> messages;
  std::function<void(const LogEntry&)> log = [this](const LogEntry& entry) {
    const std::lock_guard lock(mutex);
    messages.push_back(entry.message);
  };
};

TEST_F(SegmenterTest, TwoModelsOfARuntimeShareItsAllowanceOfMemory) {
  const Model first_model = Model::Open(Save("fcn32s-efficientnet-lite0", {"a", "b", "c"}));
  const Model second_model = Model::Open(Save("fcn8s-efficientnet-lite0", {"a", "b"}));
  const Image picture = Dashes(64, 48);
  Told told;
  RuntimeOptions options;
  options.threads = 2, options.log = told.log;
  std::vector<uint16_t> of_first, of_second;
  {
    const Runtime runtime(options);
    of_first = Segmenter(first_model, runtime).Segment(picture).labels();
    of_second = Segmenter(second_model, runtime).Segment(picture).labels();
  }
  for (const std::string& message : told.messages) {  // "…; 21 MB are planned"
    const int64_t megabytes = std::stoll(message.substr(message.find(';') + 2));
    options.max_memory = std::max(options.max_memory, (megabytes + 1) * 1'000'000);
  }
  told.messages.clear();
  const Runtime runtime(options);  // has room for either, not for both
  Segmenter first(first_model, runtime), second(second_model, runtime);
  std::vector<std::vector<uint16_t>> labels(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < labels.size(); i++)
    threads.emplace_back([&, i] { labels[i] = (i % 2 == 0 ? first : second).Segment(picture).labels(); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < labels.size(); i++) EXPECT_EQ(labels[i], i % 2 == 0 ? of_first : of_second) << i;
  EXPECT_THAT(told.messages, testing::Contains(testing::HasSubstr("dropped 1 program")));
}

/// A picture as BGRA in rows of `gap` bytes more, from the bottom up where `row_bytes` is negative.
struct Frame {
  Frame(const Image& image, ptrdiff_t gap, bool bottom_up) {
    const ptrdiff_t row = 4 * image.width + gap;
    bytes.assign(static_cast<size_t>(row * image.height) + 1, 77);
    for (int y = 0; y < image.height; y++)
      for (int x = 0; x < image.width; x++)
        for (int c = 0; c < 3; c++)
          bytes[static_cast<size_t>(1 + (bottom_up ? image.height - 1 - y : y) * row + 4 * x + 2 - c)] =
              image.rgb[static_cast<size_t>((y * image.width + x) * 3 + c)];
    view = {.samples = bytes.data() + 1, .width = image.width, .height = image.height, .pixel_bytes = 4};
    view.order = {2, 1, 0};
    view.row_bytes = row;
    if (bottom_up) view.samples = bytes.data() + 1 + (image.height - 1) * row, view.row_bytes = -row;
  }
  std::vector<uint8_t> bytes;
  PictureView view;
};

TEST_F(SegmenterTest, ViewsOfFramesAreThePicturesThemselves) {
  Segmenter segmenter(Save("fcn8s-efficientnet-lite0", {"a", "b", "c"}));
  const Image picture = Dashes(70, 45);
  const SegmentRequest request{.probabilities = true};
  const Segmentation expected = segmenter.Segment(picture, request);
  ExpectSame(segmenter.Segment(ViewOf(picture), request), expected);
  ExpectSame(segmenter.Segment(ViewOf(Raster(picture)), request), expected);
  for (const bool bottom_up : {false, true})
    for (const ptrdiff_t gap : {0, 3}) {
      const Frame frame(picture, gap, bottom_up);
      EXPECT_TRUE(CopyOf(frame.view) == Raster(picture));
      ExpectSame(segmenter.Segment(frame.view, request), expected);
    }
  // A part of it.
  PictureView part = ViewOf(picture);
  part.samples = picture.rgb.data() + 3 * (70 * 5 + 8), part.width = 40, part.height = 32, part.row_bytes = 3 * 70;
  ExpectSame(segmenter.Segment(part, request), segmenter.Segment(ToImage(CopyOf(part)), request));
}

TEST(PictureView, HasBandsOfAnyTypeAndOrder) {
  const Raster depth(2, 2, 2, std::vector<uint16_t>{1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_TRUE(CopyOf(ViewOf(depth)) == depth);
  PictureView view = ViewOf(depth);
  view.bands = 1, view.pixel_bytes = 4, view.order = {1};
  EXPECT_TRUE(CopyOf(view) == Raster(2, 2, 1, std::vector<uint16_t>{2, 4, 6, 8}));
  view.order = {0};
  EXPECT_TRUE(CopyOf(view) == Raster(2, 2, 1, std::vector<uint16_t>{1, 3, 5, 7}));
  const Raster floats(1, 2, 3, std::vector<float>{1, 2, 3, 4, 5, 6});
  view = ViewOf(floats);
  view.order = {2, 2, 0};
  EXPECT_TRUE(CopyOf(view) == Raster(1, 2, 3, std::vector<float>{3, 3, 1, 6, 6, 4}));
}

TEST_F(SegmenterTest, RefusesViewsOfNoPicture) {
  Segmenter segmenter(Save("fcn32s-efficientnet-lite0", {"a", "b"}));
  const Image picture = Dashes(20, 10);
  const auto refused = [&](const char* why, auto change) {
    PictureView view = ViewOf(picture);
    change(view);
    ExpectError(ErrorCode::kInput, why, [&] { segmenter.Segment(view); });
    if (std::string(why) != "has 4 bands, ") ExpectError(ErrorCode::kInput, why, [&] { CopyOf(view); });
  };
  constexpr int kMost = std::numeric_limits<int>::max();
  constexpr ptrdiff_t kFar = std::numeric_limits<ptrdiff_t>::max(), kBack = std::numeric_limits<ptrdiff_t>::min();
  refused("has no memory", [](PictureView& view) { view.samples = nullptr; });
  refused("0x10 pixels", [](PictureView& view) { view.width = 0; });
  refused("20x-1 pixels", [](PictureView& view) { view.height = -1; });
  refused("2147483647x2147483647 pixels", [](PictureView& view) { view.width = view.height = kMost; });
  refused("0 bands", [](PictureView& view) { view.bands = 0; });
  refused("65 bands", [](PictureView& view) { view.bands = 65, view.pixel_bytes = 65; });
  refused("3 bands of 1 bytes in pixels of 2", [](PictureView& view) { view.pixel_bytes = 2; });
  refused("steps of -3 bytes", [](PictureView& view) { view.pixel_bytes = -3; });
  refused("steps of 9223372036854775807 bytes", [](PictureView& view) { view.pixel_bytes = kFar; });
  refused("and 9223372036854775807 between rows", [](PictureView& view) { view.row_bytes = kFar; });
  refused("and -9223372036854775808 between rows", [](PictureView& view) { view.row_bytes = kBack; });
  refused("rows of 60 bytes that begin every 59 bytes", [](PictureView& view) { view.row_bytes = 59; });
  refused("rows of 60 bytes that begin every -59 bytes", [](PictureView& view) { view.row_bytes = -59; });
  refused("3 bands and an order of 2", [](PictureView& view) { view.order = {0, 1}; });
  refused("sample 3 of a pixel of 3", [](PictureView& view) { view.order = {0, 1, 3}; });
  refused("sample -1 of a pixel of 3", [](PictureView& view) { view.order = {0, -1, 2}; });
  refused("samples of no type", [](PictureView& view) { view.type = static_cast<SampleType>(3); });
  refused("has 4 bands, ", [](PictureView& view) { view.bands = 4, view.width = 15; });
  ExpectError(ErrorCode::kInput, "takes 1 pictures", [&] { segmenter.Segment(std::span<const PictureView>()); });
  // More than any machine has: refused before it is copied.
  PictureView huge = ViewOf(picture);
  huge.width = 1 << 16, huge.height = 1 << 16;
  ExpectError(ErrorCode::kMemory, "MB", [&] { segmenter.Segment(huge); });
}

TEST_F(SegmenterTest, ManyAreAnsweredInOrder) {
  const Model model = Model::Open(Save("fcn32s-efficientnet-lite0", {"a", "b", "c"}));
  std::vector<Raster> pictures;
  pictures.reserve(9);
  for (int i = 0; i < 9; i++) pictures.emplace_back(Dashes(40 + 8 * (i % 4), 33 + i, static_cast<uint64_t>(i)));
  std::vector<PictureView> views;
  views.reserve(pictures.size());
  for (const Raster& picture : pictures) views.push_back(ViewOf(picture));
  const SegmentRequest request{.probabilities = true};
  Segmenter alone(model, WithThreads(1));
  for (const int threads : {1, 2, 3, 8}) {  // of 8, nine are too few to be done side by side
    Segmenter segmenter(model, WithThreads(threads));
    const std::vector<Segmentation> results = segmenter.SegmentAll(pictures, request);
    const std::vector<Segmentation> of_views = segmenter.SegmentAll(views, request);
    ASSERT_EQ(results.size(), pictures.size());
    ASSERT_EQ(of_views.size(), pictures.size());
    for (size_t i = 0; i < results.size(); i++) {
      const Segmentation expected = alone.Segment(std::span(&pictures[i], 1), request);
      ExpectSame(results[i], expected);
      ExpectSame(of_views[i], expected);
    }
    EXPECT_TRUE(segmenter.SegmentAll(std::span<const Raster>()).empty());
    std::vector<PictureView> broken = views;
    broken[4].samples = nullptr, broken[7].bands = 0;
    ExpectError(ErrorCode::kInput, "has no memory", [&] { segmenter.SegmentAll(broken); });
  }
}

TEST_F(SegmenterTest, ARuntimeTellsWhatIsCompiled) {
  const Model model = Model::Open(Save("fcn32s-efficientnet-lite0", {"a", "b"}));
  Told told;
  RuntimeOptions options;
  options.threads = 1, options.log = told.log;
  {
    Segmenter segmenter(model, Runtime(options));
    segmenter.Segment(Dashes(64, 48));
    segmenter.Segment(Dashes(64, 48));  // is known
    segmenter.Segment(Dashes(80, 48));
  }
  const auto compiled = [](const char* size) {
    return testing::MatchesRegex(std::string("fcn32s-efficientnet-lite0: compiled for ") + size +
                                 " pixels in [0-9]+ ms; [1-9][0-9]* MB are planned");
  };
  EXPECT_THAT(told.messages, testing::ElementsAre(compiled("64x48"), compiled("80x48")));
}

TEST_F(SegmenterTest, RefusesWhatCannotBe) {
  Segmenter segmenter(Save("fcn32s-efficientnet-lite0", {"a", "b"}));
  ExpectError(ErrorCode::kInput, "0x0", [&] { segmenter.Segment(Image{}); });
  ExpectError(ErrorCode::kInput, "bytes", [&] { segmenter.Segment(Image{4, 4, {1, 2, 3}}); });
  ExpectError(ErrorCode::kInput, "class 2", [&] { segmenter.Segment(Dashes(40, 40), {false, {{2}}}); });
  ExpectError(ErrorCode::kUnsupported, "whole picture", [&] { segmenter.Classify(Dashes(40, 40)); });
  ExpectError(ErrorCode::kUsage, "mmx", [&] { Segmenter(path_.string(), {1, "mmx", true}); });
  segmenter.Cancel();
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { segmenter.Segment(Dashes(40, 40)); });
}

TEST_F(SegmenterTest, ATokenEndsItsCallsAlone) {
  Segmenter segmenter(Save("efficientnet-lite0", {"a", "b"}));
  CancellationToken token;
  SegmentRequest request;
  request.cancellation = &token;
  EXPECT_EQ(segmenter.Segment(Dashes(64, 64), request).width, 64);
  token.Cancel();
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { segmenter.Segment(Dashes(64, 64), request); });
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { segmenter.Classify(Dashes(64, 64), &token); });
  EXPECT_EQ(segmenter.Segment(Dashes(64, 64)).width, 64);
  EXPECT_EQ(segmenter.Classify(Dashes(64, 64)).size(), 2u);
}

TEST_F(SegmenterTest, OneThatWasMovedFromSaysSo) {
  Save("fcn8s-efficientnet-lite0", {"a", "b"});
  Segmenter first(path_.string(), {1, {}, true});
  Segmenter second = std::move(first);
  EXPECT_EQ(second.classes().size(), 2u);
  const auto refused = [&](auto call) { ExpectError(ErrorCode::kUsage, "was moved from", call); };
  refused([&] { first.Segment(Dashes(40, 40)); });  // NOLINT(bugprone-use-after-move): what is asked
  refused([&] { first.Classify(Dashes(40, 40)); });
  refused([&] { first.is_classifier(); });
  refused([&] { first.is_trained(); });
  refused([&] { first.name(); });
  refused([&] { first.classes(); });
  refused([&] { first.palette(); });
  first.Cancel();
  first = std::move(second);
  EXPECT_EQ(first.Segment(Dashes(40, 40)).width, 40);
}

TEST_F(SegmenterTest, GoldenVectorsHoldOnEveryInstructionSetAndNotForOtherWeights) {
  Save("fcn8s-efficientnet-lite0", {"a", "b", "c"});
  ModelContents model = LoadModel(path_);
  const GoldenVector golden = MakeGolden(model, Context(1));
  EXPECT_GT(golden.tolerance, 0);
  for (Isa isa : SupportedIsas()) EXPECT_TRUE(CheckGolden(model, golden, {}, Context(1, isa)).passed()) << IsaName(isa);
  model.weights = RandomWeights(*model.graph, 3);
  EXPECT_FALSE(CheckGolden(model, golden, {}, Context(1)).passed());
}

TEST(SmallestInputs, GrowsOnlyAsFarAsTheNetworkNeeds) {
  const Graph graph = FindModel("fcn8s-efficientnet-lite0").build(3);
  EXPECT_THAT(SmallestInputs(graph, 1, 70, 45), testing::ElementsAre(Nhwc{1, 70, 45, 3}));
  const Nhwc tiny = SmallestInputs(graph, 1, 1, 200).front();
  EXPECT_EQ(tiny.w, 200);
  EXPECT_GT(tiny.h, 1);
  EXPECT_NO_THROW(InferShapes(graph, std::span(&tiny, 1)));
}

TEST_F(SegmenterTest, ScoresOfAnotherSizeAreRefused) {
  // Found by an attack: labels were read behind the end of a map that was smaller than the picture.
  Save("fcn8s-efficientnet-lite0", {"a", "b"});
  ModelContents model = LoadModel(path_);
  model.graph = std::make_shared<const Graph>(
      ParseGraph("input image channels=3\nparameter f.weight 2x3x1x1\nf = Conv2d(image, f.weight)\n"
                 "p = MaxPool(f) kernel=2x2 stride=2x2\noutput p\n"));
  model.weights = RandomWeights(*model.graph, 2);
  model.golden.clear();
  SaveModel(path_, model);
  Segmenter segmenter(path_.string());
  ExpectError(ErrorCode::kInput, "answers a picture of 40x30 pixels with 20x15 scores",
              [&] { segmenter.Segment(Dashes(40, 30)); });
}

}  // namespace
}  // namespace fcn
