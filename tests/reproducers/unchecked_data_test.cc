// What `fcn dataset check` knows, `fcn train` asks before its first iteration. Reported in public: masks of 0 and 255
// that train on the background alone and score 0.997 (nnUNet 1777), a single class that trains to 1.0000
// (mmsegmentation 2201), sets in which nothing counts and whose score is no number.
//
// What else of this kind was looked at:
// - 0/255 with three classes, with a few other values, in some files only: found, as an error where it cannot be meant.
// - Classes of which only one occurs, and class lists of one: errors in training data. Validation on one class can be
//   scored: a notice. Validation in which nothing counts: an error.
// - A damaged picture or a value without a class in the last file: was met when its turn came; now before the first.
// - Scores that are no number: never the best model, also where the check was switched off.
// - Class names that no model file can hold: was found at the end; now before the first iteration.
// - Validation pictures that are learnt from, fewer pictures than a batch, crops larger than all pictures: notices.
// - No samples in a split, missing partners: were refused already.
// - Labels whose header claims more pixels than their file can hold, or than are let pass: memory was planned for them
//   before any check, with sums that overflowed, in messages without the file's name, or in pieces without number. They
//   are left out of plans now, and refused by name when they are read; a plan that fails for a label names it.
// - The check switched off: said in a note.
#include <array>
#include <map>

#include "data/check.h"
#include "reproducers/training_data.h"
#include "support/crc32.h"
#include "train/data_check.h"
#include "train/training_run.h"

namespace fcn {
namespace {

using nlohmann::json;
using test::Halves;
using test::ProgramResult;
using testing::HasSubstr;
using testing::Not;

class UncheckedData : public test::TrainingDataTest {
 protected:
  /// Refused before anything is written, with these words.
  void ExpectRefused(const std::vector<std::string>& flags, const std::string& says) const {
    const ProgramResult result = Fcn(Train(flags));
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr(says));
    EXPECT_FALSE(std::filesystem::exists(Path("run"))) << says;
  }

  static inline const std::vector<std::string> kTwo = {"--classes",   "a,b",   "--train-split", "[:-2]",
                                                       "--val-split", "[-2:]", "--max-iters",   "1"};

  /// Labels of one-bit grey whose header claims these pixels, though the file has none: with 32 bytes in place of them,
  /// 89 in all.
  void ClaimLabels(const std::string& name, uint32_t width, uint32_t height, size_t bytes = 32) const {
    std::string png = "\x89PNG\r\n\x1a\n";
    const auto number = [](uint32_t value) {
      std::string text;
      for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
      return text;
    };
    const auto add = [&](const std::string& chunk, size_t length) {
      const uint32_t sum = test::Crc32({reinterpret_cast<const uint8_t*>(chunk.data()), chunk.size()});
      png += number(static_cast<uint32_t>(length)) + chunk + number(sum);
    };
    add("IHDR" + number(width) + number(height) + std::string("\1\0\0\0\0", 5), 13);
    add("IDAT" + std::string(bytes, '\0'), bytes);
    add("IEND", 0);
    WriteFile(folder_ / "data/masks" / (name + ".png"), png);
  }

  DatasetReport Check(std::vector<std::string> classes = {"a", "b"}) const {
    DatasetOptions options;
    options.folder = Path("data");
    options.classes = std::move(classes);
    return CheckDataset(options, Context(2), [](size_t, size_t) {});
  }
};

TEST_F(UncheckedData, BlackAndWhiteMasksAreRefusedWithTheRemedyThatWorks) {
  Pairs(4, [](int x, int) { return x < 20 ? 0 : 255; });
  ExpectRefused(kTwo, "binary labels: 2 of 2 labels are 0 or 255");
  ExpectRefused(kTwo, "--map 255:1");
  ExpectRefused(kTwo, Path("data").append(" --split '[:-2]' --classes a,b"));
  std::vector<std::string> mapped = kTwo;
  mapped.insert(mapped.end(), {"--map", "255:1"});
  const ProgramResult result = Fcn(Train(mapped));
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(UncheckedData, BlackAndWhiteMasksAreFoundAmongOthers) {
  const auto mask = [](int x, int) { return x < 20 ? 0 : 255; };
  Pairs(4, mask);
  EXPECT_EQ(Check({"a", "b", "c"}).errors, 1u);
  // A few pixels of another value hide nothing.
  Pair("p0", 60, 60, [](int x, int y) { return x == 0 && y == 0 ? 1 : x < 20 ? 0 : 255; });
  EXPECT_EQ(Check().findings.at(0).kind, "binary labels");
  EXPECT_EQ(Check().errors, 1u);
  // Half of a set.
  for (const char* name : {"q0", "q1", "q2", "q3"}) Pair(name, 40, 36, Halves);
  EXPECT_EQ(Check().findings.at(0).kind, "binary labels");
  EXPECT_EQ(Check().errors, 1u);
  // One more with objects, and it may be an accident; one with 255 beside objects, and it is meant so.
  Pair("q4", 40, 36, Halves);
  EXPECT_EQ(Check().findings.at(0).kind, "binary labels");
  EXPECT_EQ(Check().errors, 0u);
  Pair("q5", 40, 36, [](int x, int) { return x < 10 ? 0 : x < 30 ? 1 : 255; });
  EXPECT_TRUE(Check().findings.empty());
}

TEST_F(UncheckedData, NothingThatCountsIsRefused) {
  Pairs(2, Halves);
  for (const char* name : {"q0", "q1"}) Pair(name, 40, 36, [](int, int) { return 255; });
  ExpectRefused(kTwo, "nothing counts");
  ExpectRefused(kTwo, "cannot be validated on");
  ExpectRefused({"--classes", "a,b", "--train-split", "[-2:]", "--val-split", "", "--max-iters", "1"}, "trained on");
}

TEST_F(UncheckedData, ASingleClassIsRefusedForTrainingAlone) {
  Pairs(2, [](int, int) { return 0; });
  for (const char* name : {"q0", "q1"}) Pair(name, 40, 36, Halves);
  ExpectRefused(kTwo, "one class: Everything that counts is a");
  ExpectRefused({"--classes", "a", "--train-split", "[:2]", "--val-split", "", "--max-iters", "1"},
                "--classes 'background,a'");
  const ProgramResult result =
      Fcn(Train({"--classes", "a,b", "--train-split", "[2:]", "--val-split", "[:2]", "--max-iters", "1"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("fcn: note: split [:2]: one class"));
}

TEST_F(UncheckedData, WhatIsWrongInTheLastFileIsFoundFirst) {
  Pairs(4, Halves);
  Pair("p3", 40, 36, [](int x, int y) { return x == 7 && y == 5 ? 9 : Halves(x, y); });
  ExpectRefused(kTwo, "p3.png has value 9 at pixel (7, 5)");
  WriteFile(folder_ / "data/images/p2.png", std::string("no picture"));
  ExpectRefused(kTwo, "2 errors");
  // Unless one says that it need not be looked for.
  std::vector<std::string> unchecked = kTwo;
  unchecked.insert(unchecked.end(), {"--check", "false", "--val-split", ""});
  unchecked.erase(unchecked.begin() + 4, unchecked.begin() + 6);
  EXPECT_EQ(Fcn(Train(unchecked)).exit_code, 0);
}

TEST_F(UncheckedData, PixelsThatAreOnlyClaimedAreNotPlannedFor) {
  const std::vector<std::vector<std::string>> limits = {
      {}, {"--val-max-pixels", "1000000"}, {"--max-pixels", "9007199254740992", "--val-max-pixels", "4096"}};
  constexpr std::array<std::pair<uint32_t, uint32_t>, 4> kSizes = {
      {{0x7fffffff, 0x7fffffff}, {200000, 200000}, {30000, 30000}, {0x7fffffff, 1}}};
  for (const std::string name : {"p0", "p3"})  // to learn from, and to validate on
    for (const auto& [width, height] : kSizes) {
      SCOPED_TRACE(testing::Message() << name << " " << width << "x" << height);
      Pairs(4, Halves);
      ClaimLabels(name, width, height);
      const std::string file = Path("data/masks/" + name + ".png");
      ASSERT_EQ(std::filesystem::file_size(file), 89u);
      EXPECT_EQ(Check().findings.at(0).kind, "unreadable");
      for (const std::vector<std::string>& limit : limits) {
        std::vector<std::string> flags = kTwo;
        flags.insert(flags.end(), limit.begin(), limit.end());
        ExpectRefused(flags, "unreadable: " + file);
      }
    }
}

TEST_F(UncheckedData, APlanThatFailsForALabelNamesIt) {
  Pairs(4, Halves);
  std::vector<std::string> flags = kTwo;
  flags.insert(flags.end(), {"--max-memory", "300M", "--max-pixels", "9007199254740992"});
  ClaimLabels("p3", 30000, 30000, 120'000);
  ExpectRefused(flags, Path("data/masks/p3.png: validating a picture of 30000x30000 pixels would need"));
  ClaimLabels("p3", 400000, 400000, 20'000'000);
  ExpectRefused(flags, Path("data/masks/p3.png: "));
}

TEST_F(UncheckedData, WithoutTheCheckItIsSaid) {
  Pairs(4, Halves);
  ClaimLabels("p3", 0x7fffffff, 0x7fffffff);
  std::vector<std::string> flags = kTwo;
  flags.insert(flags.end(), {"--check", "false", "--val-max-pixels", "1000000"});
  const ProgramResult result = Fcn(Train(flags));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("fcn: note: the data is not checked"));
  EXPECT_THAT(result.err, HasSubstr(Path("data/masks/p3.png")));
  Pairs(4, Halves);
  EXPECT_THAT(Fcn({"train", "--resume", Path("run"), "--data", Path("data")}).err,
              HasSubstr("the data is not checked"));
}

TEST_F(UncheckedData, NoScoreIsNeverTheBest) {
  Pairs(2, Halves);
  for (const char* name : {"q0", "q1"}) Pair(name, 40, 36, [](int, int) { return 255; });
  std::vector<std::string> flags = kTwo;
  flags.insert(flags.end(), {"--check", "false", "--json"});
  const ProgramResult result = Fcn(Train(flags));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("(best)")));
  const json answer = json::parse(result.out);
  EXPECT_TRUE(answer.at("best_mean_iu").is_null());
  EXPECT_THAT(answer.at("notes").dump(), HasSubstr("there are no scores"));
  EXPECT_FALSE(std::filesystem::exists(Path("run/best.safetensors")));
}

TEST_F(UncheckedData, NamesThatNoModelCanHoldAreRefused) {
  Pairs(4, Halves);
  WriteFile(folder_ / "data/classes.txt", std::string("a\nb\x1b[31m\n"));
  ExpectRefused({"--train-split", "[:-2]", "--val-split", "[-2:]", "--max-iters", "1"}, "control character");
  WriteFile(folder_ / "data/classes.txt", std::string("a\nb\xff\n"));
  ExpectRefused({"--train-split", "[:-2]", "--val-split", "[-2:]", "--max-iters", "1"}, "UTF-8");
}

TEST_F(UncheckedData, OdditiesAreNoticesInJsonToo) {
  Pairs(3, Halves);
  const ProgramResult result = Fcn(
      {"train",       "--data",      Path("data"), "-o",          Path("run"), "--model",   "fcn32s-efficientnet-lite0",
       "--crop-size", "96x96",       "-b",         "4",           "--classes", "a,b,never", "--train-split",
       "[:]",         "--val-split", "[-1:]",      "--max-iters", "1",         "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string notes = json::parse(result.out).at("notes").dump();
  for (const char* says : {"1 of 1 pictures of the split [-1:] are learnt from", "3 pictures for a batch_size of 4",
                           "larger than every picture", "never occur: never"})
    EXPECT_THAT(notes, HasSubstr(says));
}

TEST_F(UncheckedData, TheCheckChangesNoByteAndEndsWhenItIsTold) {
  Pairs(4, Halves);
  TrainConfig config;
  config.model = "fcn32s-efficientnet-lite0";
  config.data = Path("data");
  config.classes = {"a", "b"};
  config.train_split = "[:-2]", config.val_split = "[-2:]";
  config.crop_size = {32, 32}, config.batch_size = 2, config.max_iters = 2;
  config.class_weights.kind = ClassWeights::Kind::kMedian;  // out of the check where there is one
  std::map<bool, std::vector<uint8_t>> models;
  for (const bool check : {false, true}) {
    config.check = check;
    config.output = Path(check ? "checked" : "unchecked");
    TrainingObserver observer;
    std::atomic<bool> stop = false;
    const Context context(2);
    TrainingRun(config, {}, context, observer).Run(stop);
    models[check] = ReadFile(RunFiles(config.output).model);
  }
  EXPECT_TRUE(models[true] == models[false]);

  struct Stopped {};
  class Stopping final : public TrainingObserver {
    void OnChecking(const std::string&, size_t done, size_t) override {
      if (done == 1) throw Stopped();
    }
  } stopping;
  class StoppingBefore final : public TrainingObserver {
    void OnReading(const std::string&, size_t done, size_t) override {
      if (done == 1) throw Stopped();
    }
  } stopping_before;
  config.output = Path("new/run");
  const Context context(2);
  for (TrainingObserver* observer : std::initializer_list<TrainingObserver*>{&stopping, &stopping_before}) {
    EXPECT_THROW(TrainingRun(config, {}, context, *observer), Stopped);
    EXPECT_FALSE(std::filesystem::exists(Path("new")));
  }
}

}  // namespace
}  // namespace fcn
