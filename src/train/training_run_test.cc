// Trainings that end at every point where they can, and go on: the bytes are those of a training left alone.

#include "train/training_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "fcn/png.h"
#include "fcn/scenes.h"
#include "models/model.h"
#include "models/zoo.h"
#include "support/expect_error.h"
#include "tensor/random.h"
#include "train/checkpoint.h"
#include "train/test_files.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;
using Content = std::map<std::string, std::vector<uint8_t>>;

/// Stands for a kill: nothing of the trainer's runs after it but destructors, and those write nothing.
struct Killed {};

/// Does something at the n-th event of a training: after an iteration, after each validated picture and, when the best
/// model, its scores and the line of the log are written but no checkpoint is, after a validation.
class AtEvent final : public TrainingObserver {
 public:
  explicit AtEvent(int n = -1, std::function<void()> act = {}) : n_(n), act_(std::move(act)) {}
  void OnIteration(const TrainingProgress&) override { Tick(); }
  void OnValidating(size_t, size_t) override { Tick(); }
  void OnValidation(const ValidationReport&) override { Tick(); }
  void OnStart(const std::string& text) override { description = text; }
  int events() const { return events_; }
  std::string description;

 private:
  void Tick() {
    if (events_++ == n_) act_();
  }
  int n_, events_ = 0;
  std::function<void()> act_;
};

class TrainerTest : public testing::Test {
 protected:
  void SetUp() override {
    Scenes("train", 7);
    Scenes("val", 2);
    WriteFile(folder_ / "scenes" / "classes.txt", std::string("sky\nbuilding\nroad\npavement\ntree\ncar\nperson\n"));
    config_.model = "fcn32s-efficientnet-lite0";
    config_.data = (folder_ / "scenes").string();
    config_.output = (folder_ / "run").string();
    config_.crop_size = {64, 48};
    config_.batch_size = 2;
    config_.max_iters = 4;
    config_.ema = 0.9;
    config_.log_interval = 2, config_.val_interval = 2, config_.checkpoint_interval = 3;
  }

  void Scenes(const std::string& split, int count) {
    const fs::path place = folder_ / "scenes" / split;
    fs::create_directories(place / "images");
    fs::create_directories(place / "masks");
    for (int i = 0; i < count; i++) {
      const Sample scene = GenerateScene(split == "val" ? 2 : 1, i, {64, 48});
      const std::vector<uint8_t> labels(scene.labels[0].labels.begin(), scene.labels[0].labels.end());
      WriteRgbPng(place / "images" / (scene.name + ".png"), ToImage(scene.inputs[0]));
      WriteIndexedPng(place / "masks" / (scene.name + ".png"), labels.data(), 64, 48, ScenePalette());
    }
  }

  /// Goes on where there is a checkpoint, else begins.
  TrainingResult Train(TrainingObserver& observer, std::atomic<bool>& stop, int threads = 2) {
    const Context context(threads);
    const fs::path latest = RunFiles(config_.output).latest;
    if (fs::exists(latest)) return TrainingRun(config_, latest, {}, context, observer).Run(stop);
    return TrainingRun(config_, {}, context, observer).Run(stop);
  }
  TrainingResult Train() {
    AtEvent observer;
    std::atomic<bool> stop = false;
    return Train(observer, stop);
  }

  Content TakeRun() {
    Content content;
    for (const auto& entry : fs::directory_iterator(config_.output))
      content[entry.path().filename().string()] = ReadFile(entry.path());
    fs::remove_all(config_.output);
    return content;
  }

  static void ExpectSame(const Content& wanted, const Content& found, int event) {
    EXPECT_EQ(found.size(), wanted.size()) << event;
    for (const auto& [name, bytes] : wanted)
      EXPECT_TRUE(found.contains(name) && found.at(name) == bytes) << name << " after an end at event " << event;
  }

  /// Ends a training at each of its events in turn, and goes on with another number of threads.
  void ExpectSameHoweverEnded(const std::function<void(std::atomic<bool>& stop)>& end) {
    AtEvent all;
    std::atomic<bool> never = false;
    ASSERT_EQ(Train(all, never).end, TrainingEnd::kDone);
    const Content alone = TakeRun();
    ASSERT_EQ(alone.size(), 6u);
    ASSERT_EQ(all.events(), 4 + 2 * (2 + 1));  // validations after 2 and 4 iterations
    for (int event = 0; event < all.events(); event++) {
      std::atomic<bool> stop = false, go_on = false;
      AtEvent ending(event, [&] { end(stop); }), rest;
      try {
        const TrainingResult ended = Train(ending, stop, 1);
        EXPECT_EQ(ended.end, TrainingEnd::kInterrupted) << event;
      } catch (const Killed&) {
      }
      EXPECT_EQ(Train(rest, go_on, 3).end, TrainingEnd::kDone) << event;
      ExpectSame(alone, TakeRun(), event);
    }
  }

  test::TemporaryFolder folder_;
  TrainConfig config_;
};

TEST_F(TrainerTest, KilledAtEveryEventItEndsWithTheSameBytes) {
  ExpectSameHoweverEnded([](std::atomic<bool>&) { throw Killed(); });
}

TEST_F(TrainerTest, ABestModelIsNeverWithoutACheckpoint) {
  config_.checkpoint_interval = 100;
  Train();
  const Content alone = TakeRun();
  constexpr int kFirstValidation = 2 + 2;
  AtEvent killed(kFirstValidation, [] { throw Killed(); });
  std::atomic<bool> stop = false;
  EXPECT_THROW(Train(killed, stop), Killed);
  EXPECT_TRUE(fs::exists(RunFiles(config_.output).best));
  ASSERT_TRUE(fs::exists(RunFiles(config_.output).latest));
  Train();
  ExpectSame(alone, TakeRun(), kFirstValidation);
}

TEST_F(TrainerTest, ACheckpointThatWasRemovedIsWrittenAgain) {
  const fs::path latest = RunFiles(config_.output).latest;
  for (const bool fails : {false, true}) {
    std::atomic<bool> stop = false;
    // The first validated picture: a checkpoint was written just before, and nothing has been learnt since.
    AtEvent observer(2, [&] {
      EXPECT_TRUE(fs::remove(latest));
      stop = true;
      if (fails) throw Error(ErrorCode::kIo, "no picture", "Look for it.");
    });
    if (fails)
      ExpectError(ErrorCode::kIo, "The checkpoint of iteration 2 has all that was learnt",
                  [&] { Train(observer, stop); });
    else
      EXPECT_EQ(Train(observer, stop).end, TrainingEnd::kInterrupted);
    EXPECT_EQ(LoadCheckpoint(latest).iteration, 2);
    TakeRun();
  }
}

TEST_F(TrainerTest, StoppedAtEveryEventItEndsWithTheSameBytes) {
  config_.optimiser = Solver::kSgd, config_.ema = 0, config_.loss_sampling = 0.5;
  ExpectSameHoweverEnded([](std::atomic<bool>& stop) { stop = true; });
}

TEST_F(TrainerTest, PatienceEndsAResumedTrainingWhereItEndedTheOther) {
  config_.patience = 1, config_.val_interval = 1, config_.max_iters = 30, config_.lr = 1e-12;  // nothing gets better
  EXPECT_EQ(Train().end, TrainingEnd::kPatience);
  const TrainingResult again = Train();
  EXPECT_EQ(again.end, TrainingEnd::kPatience);
  EXPECT_LT(again.iterations, 30);
  const Content alone = TakeRun();
  AtEvent killed(4, [] { throw Killed(); });
  std::atomic<bool> stop = false;
  EXPECT_THROW(Train(killed, stop), Killed);
  EXPECT_EQ(Train().iterations, again.iterations);
  ExpectSame(alone, TakeRun(), 4);
}

TEST_F(TrainerTest, PassesThatMakeOneIterationAreOneLargeBatch) {
  config_.batch_norm = BatchNormMode::kFrozen, config_.scale = {1, 1}, config_.ema = 0, config_.val_split = "";
  config_.optimiser = Solver::kSgd, config_.lr = 0.01, config_.max_iters = 3;
  const auto train = [&](int64_t batch, int64_t passes) {
    config_.batch_size = batch, config_.accumulate = passes;
    Train();
    NamedTensors weights =
        LoadCheckpoint(RunFiles(config_.output).latest).weights;  // a mapping, which outlives the file
    TakeRun();
    return weights;
  };
  const NamedTensors whole = train(4, 1), halves = train(2, 2);
  config_.max_iters = 1, config_.lr = 1e-12;
  const NamedTensors start = train(2, 1);
  // Every pixel counts, so the mean of two means is the mean of all. What both move may differ by how float32 rounds
  // sums over some 1e4 pixels, times what three iterations make of it.
  for (const auto& [name, tensor] : whole) {
    const std::vector<float> a = tensor.ToFloats(), b = halves.at(name).ToFloats(), from = start.at(name).ToFloats();
    double moved = 0, apart = 0;
    for (size_t i = 0; i < a.size(); i++) {
      moved += std::pow(double{a[i]} - double{from[i]}, 2);
      apart += std::pow(double{a[i]} - double{b[i]}, 2);
    }
    EXPECT_EQ(moved > 0, !name.ends_with("running_mean") && !name.ends_with("running_var")) << name;
    EXPECT_LE(std::sqrt(apart), 1e-3 * std::sqrt(moved) + 1e-7) << name;
  }
}

/// Which of two batches of two pictures is a quarter of their sum, a power of two: bit by bit.
TEST_F(TrainerTest, CaffesLossIsTheSumByPicturesAndPasses) {
  config_.ema = 0, config_.val_split = "", config_.max_iters = 2, config_.accumulate = 2;
  config_.optimiser = Solver::kSgdCaffe, config_.weight_decay = 0;
  const auto train = [&](LossNormalisation normalisation, double rate) {
    config_.loss_normalisation = normalisation, config_.lr = rate;
    Train();
    NamedTensors weights = LoadCheckpoint(RunFiles(config_.output).latest).weights;
    TakeRun();
    return weights;
  };
  constexpr double kRate = 0x1p-17;
  const NamedTensors caffe = train(LossNormalisation::kBatch, kRate), sum = train(LossNormalisation::kSum, kRate / 4);
  for (const auto& [name, tensor] : caffe) EXPECT_EQ(tensor.ToFloats(), sum.at(name).ToFloats()) << name;
  const NamedTensors other = train(LossNormalisation::kBatch, kRate / 4);
  EXPECT_NE(caffe.at("score32.weight").ToFloats(), other.at("score32.weight").ToFloats());
}

TEST_F(TrainerTest, ALossThatIsNoNumberLeavesTheLastCheckpoint) {
  config_.lr = 1000, config_.warmup_iters = 30, config_.warmup_ratio = 1e-9, config_.max_iters = 60;
  config_.optimiser = Solver::kSgd, config_.head_lr_multiplier = 1e6, config_.checkpoint_interval = 1,
  config_.val_split = "";
  ExpectError(ErrorCode::kInput, "pictures scene_", [&] { Train(); });
  const Checkpoint checkpoint = LoadCheckpoint(RunFiles(config_.output).latest);
  EXPECT_GT(checkpoint.iteration, 0);
  for (const auto& [name, tensor] : checkpoint.weights)
    for (const float value : tensor.ToFloats()) ASSERT_TRUE(std::isfinite(value)) << name;
  // A resumed training keeps its lr, so the hint is a command that takes another.
  ExpectError(ErrorCode::kInput,
              "fcn train --config " + RunFiles(config_.output).config.string() + " --lr 100 --weights " +
                  RunFiles(config_.output).latest.string() + " -o " + config_.output + "2",
              [&] { Train(); });
  ExpectError(ErrorCode::kInput, "iteration " + std::to_string(checkpoint.iteration) + ":", [&] { Train(); });
}

// Found midway, when layers above have been updated already.
TEST_F(TrainerTest, AGradientThatIsNoNumberLeavesTheLastCheckpointAndEndsTheTrainer) {
  config_.val_split = "", config_.max_iters = 1, config_.checkpoint_interval = 1;
  Train();
  const fs::path latest = RunFiles(config_.output).latest;
  // Scores of some 1e37 have a loss that is just finite; the gradients of layers below are larger.
  Checkpoint checkpoint = LoadCheckpoint(latest);
  StoredTensor& weight = checkpoint.weights.at("score32.weight");
  std::vector<float> values = weight.ToFloats();
  for (size_t i = 0; i < values.size(); i++) values[i] = RandomBits(7, i) % 2 == 0 ? 3e36f : -3e36f;
  weight = StoredTensor::FromFloats(weight.shape, values);
  SaveCheckpoint(latest, checkpoint);
  config_.max_iters = 2;
  const Context context(2);
  AtEvent observer;
  std::atomic<bool> stop = false;
  TrainingRun trainer(config_, latest, {}, context, observer);
  ExpectError(ErrorCode::kInput, "iteration 1: the gradient of backbone.", [&] { trainer.Run(stop); });
  ExpectError(ErrorCode::kUsage, "in the middle of an update", [&] { trainer.Run(stop); });
  const Checkpoint after = LoadCheckpoint(latest);
  EXPECT_EQ(after.iteration, 1);
  for (const auto& [name, tensor] : checkpoint.weights)
    EXPECT_EQ(after.weights.at(name).ToFloats(), tensor.ToFloats()) << name;
  for (const auto& [state, tensors] : checkpoint.states)
    for (const auto& [name, tensor] : tensors)
      EXPECT_EQ(after.states.at(state).at(name).ToFloats(), tensor.ToFloats()) << state << " of " << name;
}

TEST_F(TrainerTest, WeightsThatOverflowAreNotKept) {
  // A bias alone learns, and its decay multiplies it by -1e6 each time; bounded scores keep loss and gradient finite.
  config_.frozen = {"backbone.", "score32.weight"};
  config_.lr = 1000, config_.weight_decay = 1000, config_.decay_rank1 = true, config_.lr_schedule = Schedule::kConstant;
  config_.checkpoint_interval = 1, config_.val_split = "", config_.max_iters = 60, config_.ema = 0;
  ExpectError(ErrorCode::kInput, "score32.bias", [&] { Train(); });
  const std::vector<float> bias = LoadCheckpoint(RunFiles(config_.output).latest).weights.at("score32.bias").ToFloats();
  for (const float value : bias) EXPECT_TRUE(std::isfinite(value));
}

TEST_F(TrainerTest, OtherPicturesAreAnotherTraining) {
  config_.max_iters = 0, config_.epochs = 1;
  std::atomic<bool> stop = false;
  AtEvent stopping(3, [&] { stop = true; });
  EXPECT_EQ(Train(stopping, stop).end, TrainingEnd::kInterrupted);
  Scenes("train", 8);
  ExpectError(ErrorCode::kInput, "began with 7 pictures", [&] { Train(); });
}

TEST_F(TrainerTest, ALossThatIsNoNumberBeforeAnyCheckpointBeginsAgain) {
  config_.lr = 1000, config_.optimiser = Solver::kSgd, config_.head_lr_multiplier = 1e6, config_.max_iters = 60;
  config_.checkpoint_interval = 100, config_.val_split = "";
  ExpectError(ErrorCode::kInput,
              "Begin again with a lower lr, or warmup_iters: fcn train --config " +
                  RunFiles(config_.output).config.string() + " --lr 100 -o " + config_.output,
              [&] { Train(); });
}

TEST_F(TrainerTest, ClassesInAnotherOrderAreAnotherTraining) {
  config_.max_iters = 2;
  std::atomic<bool> stop = false;
  AtEvent stopping(0, [&] { stop = true; });
  EXPECT_EQ(Train(stopping, stop).end, TrainingEnd::kInterrupted);
  const fs::path latest = RunFiles(config_.output).latest;
  const std::string before = FileText(latest);
  const std::string was = R"("sky", "building", "road", "pavement", "tree", "car", "person")";
  const std::string is = R"("building", "sky", "road", "pavement", "tree", "car", "person")";
  WriteFile(folder_ / "scenes/classes.txt", std::string("building\nsky\nroad\npavement\ntree\ncar\nperson\n"));
  ExpectError(ErrorCode::kInput, "began with the classes " + was + "; " + config_.data + " now has " + is,
              [&] { Train(); });
  ExpectError(ErrorCode::kInput, "--weights " + latest.string() + " instead of --resume", [&] { Train(); });
  EXPECT_EQ(FileText(latest), before);
  // Checkpoints once had no names, and no fingerprints.
  Checkpoint old = LoadCheckpoint(latest);
  for (const char* key : {"classes", "train_data", "val_data"}) EXPECT_EQ(old.metadata.erase(key), 1u) << key;
  SaveCheckpoint(latest, old);
  EXPECT_EQ(Train().end, TrainingEnd::kDone);
  old.metadata["classes"] = "[1]";
  SaveCheckpoint(latest, old);
  ExpectError(ErrorCode::kInput, "is no list of names", [&] { Train(); });
}

TEST_F(TrainerTest, BeginningsOfNoParameterAreRefusedUnlessTheRunBeganWithThem) {
  config_.max_iters = 1;
  Train();
  config_.frozen = {"features"};
  EXPECT_EQ(Train().end, TrainingEnd::kDone);
  TakeRun();
  ExpectError(ErrorCode::kUsage, "no parameter's name begins with \"features\"", [&] { Train(); });
  EXPECT_FALSE(fs::exists(config_.output));
}

TEST_F(TrainerTest, ANetworkOfOneBandLearnsFromPicturesInColour) {
  config_.model = "fcn4s-lenet", config_.max_iters = 2;
  EXPECT_EQ(Train().end, TrainingEnd::kDone);
  EXPECT_EQ(LoadModel(RunFiles(config_.output).model).input().preprocessing,
            FindModel("fcn4s-lenet").colour_preprocessing());
}

TEST_F(TrainerTest, AStopIsSeenBetweenThePiecesOfAValidation) {
  config_.max_iters = 2, config_.val_interval = 2;
  std::atomic<bool> stop = false;
  AtEvent stopping(1, [&] { stop = true; });  // after the last iteration, before validation
  EXPECT_EQ(Train(stopping, stop).end, TrainingEnd::kInterrupted);
  EXPECT_EQ(stopping.events(), 2) << "a picture was validated";
}

TEST_F(TrainerTest, NamesOfTheModelThatItBeginsWithStay) {
  config_.max_iters = 2;
  Train();
  ModelContents named = LoadModel(RunFiles(config_.output).model);
  EXPECT_FALSE(named.names_roles());
  TakeRun();
  named.input().name = "photo", named.head().name = "street", named.head().loss_weight = 1.0 / 3;
  SaveModel(folder_ / "named.safetensors", named);
  config_.weights = (folder_ / "named.safetensors").string();
  const auto expect_names = [&](const fs::path& path) {
    const ModelContents model = LoadModel(path);
    EXPECT_EQ(model.input(), named.input());
    EXPECT_EQ(model.head(), named.head());
  };
  Train();
  const RunFiles files(config_.output);
  for (const fs::path& model : {files.best, files.model}) expect_names(model);
  fs::copy_file(files.latest, folder_ / "named.checkpoint");
  const Content alone = TakeRun();
  // A resumed training has them from its checkpoint, since it does not read the weights again.
  constexpr int kFirstValidation = 2 + 2;
  AtEvent killed(kFirstValidation, [] { throw Killed(); });
  std::atomic<bool> stop = false;
  EXPECT_THROW(Train(killed, stop), Killed);
  fs::remove(config_.weights);
  Train();
  ExpectSame(alone, TakeRun(), kFirstValidation);
  config_.weights = (folder_ / "named.checkpoint").string();
  Train();
  expect_names(files.model);
  TakeRun();
  Checkpoint damaged = LoadCheckpoint(config_.weights);
  EXPECT_EQ(damaged.metadata.at("roles"), R"({"input":"photo","head":"street","loss_weight":0.3333333333333333})");
  constexpr struct {
    const char* roles;
    const char* message;
  } kDamaged[] = {{R"({"input":"a b","head":"c","loss_weight":1})", "the name \"a b\""},
                  {R"({"input":"a","head":"c"})", "\"roles\" is malformed"},
                  {R"({"input":"a","head":"c","loss_weight":-1})", "a loss that weighs -1"}};
  for (const auto& [roles, message] : kDamaged) {
    damaged.metadata["roles"] = roles;
    SaveCheckpoint(config_.weights, damaged);
    ExpectError(ErrorCode::kInput, message, [&] { Train(); });
  }
}

TEST_F(TrainerTest, NeverWritesOverATraining) {
  config_.max_iters = 1;
  Train();
  const RunFiles files(config_.output);
  const auto begin = [&] {
    AtEvent observer;
    const Context context(1);
    const TrainingRun trainer(config_, {}, context, observer);
  };
  ExpectError(ErrorCode::kUsage, "holds a training already", begin);
  fs::remove(files.latest);
  ExpectError(ErrorCode::kUsage, files.best.string(), begin);
  fs::remove(files.best);
  ExpectError(ErrorCode::kUsage, files.model.string(), begin);
  fs::remove(files.model);
  ExpectError(ErrorCode::kUsage, files.metrics.string(), begin);
  fs::remove(files.metrics);
  begin();
}

}  // namespace
}  // namespace fcn
