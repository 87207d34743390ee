#include "train/history.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <limits>

#include "support/expect_error.h"
#include "train/test_files.h"

namespace fcn {
namespace {

using test::ExpectError;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TrainingEntry Learnt(int64_t iteration, double loss) {
  return {.iteration = iteration, .epoch = 0.1 * static_cast<double>(iteration), .loss = loss, .rate = 1.0 / 3};
}

/// The same number, or both NaN.
void ExpectSame(double a, double b) {
  if (std::isnan(a))
    EXPECT_TRUE(std::isnan(b));
  else
    EXPECT_EQ(std::bit_cast<uint64_t>(a), std::bit_cast<uint64_t>(b)) << a << " and " << b;
}

TEST(History, LinesAreAsDocumented) {
  EXPECT_EQ(ToJsonLine(TrainingEntry{.iteration = 20, .epoch = 0.5, .loss = 1.25, .rate = 0.001}),
            R"({"mode":"train","iteration":20,"epoch":0.5,"loss":1.25,"lr":0.001})");
  const HeadEntry head{.pixel_accuracy = 0.9,
                       .mean_accuracy = 0.7,
                       .mean_iu = 0.6,
                       .fw_iu = 0.8,
                       .class_iu = {0.5, kNan, kInfinity, -kInfinity}};
  EXPECT_EQ(ToJsonLine(ValidationEntry{.iteration = 500, .heads = {head}}),
            R"({"mode":"val","iteration":500,"pixel_accuracy":0.9,"mean_accuracy":0.7,"mean_iu":0.6,"fw_iu":0.8,)"
            R"("class_iu":[0.5,null,"inf","-inf"]})");
}

TEST(History, LinesOfSeveralHeadsAreAsDocumented) {
  const std::string learnt =
      R"({"mode":"train","iteration":20,"epoch":0.5,"loss":1.25,"losses":{"z":1.0,"a":0.25},"lr":0.001})";
  const TrainingEntry training{
      .iteration = 20, .epoch = 0.5, .loss = 1.25, .rate = 0.001, .head_losses = {{"z", 1}, {"a", 0.25}}};
  EXPECT_EQ(ToJsonLine(training), learnt);
  const std::string validated =
      R"({"mode":"val","iteration":500,"mean_iu":0.25,"heads":{)"
      R"("z":{"pixel_accuracy":0.0,"mean_accuracy":0.0,"mean_iu":0.25,"fw_iu":0.0,"class_iu":[0.5,0.0]},)"
      R"("a":{"pixel_accuracy":0.0,"mean_accuracy":0.0,"mean_iu":null,"fw_iu":0.0,"class_iu":[]}}})";
  const ValidationEntry validation{
      .iteration = 500,
      .heads = {{.name = "z", .mean_iu = 0.25, .class_iu = {0.5, 0}}, {.name = "a", .mean_iu = kNan}}};
  EXPECT_EQ(ToJsonLine(validation), validated);
  EXPECT_EQ(PrintHistory(ParseHistory(learnt + "\n" + validated + "\n", "x")), learnt + "\n" + validated + "\n");
}

TEST(History, TheMeanIsThatOfTheHeadsThatHaveOne) {
  const auto mean = [](double a, double b) {
    return ValidationEntry{.heads = {{.mean_iu = a}, {.mean_iu = b}}}.mean_iu();
  };
  EXPECT_EQ(mean(0.25, 0.75), 0.5);
  EXPECT_EQ(mean(kNan, 0.75), 0.75);
  EXPECT_TRUE(std::isnan(mean(kNan, kNan)));
  EXPECT_EQ((ValidationEntry{.heads = {{.mean_iu = 0.1}}}.mean_iu()), 0.1);
}

TEST(History, NumbersComeBackBitForBit) {
  const std::vector<double> numbers = {0.1,
                                       1.0 / 3,
                                       5e-324,
                                       2.2250738585072014e-308,
                                       1.7976931348623157e308,
                                       -0.0,
                                       0.0,
                                       1e22,
                                       123456789012345678.0,
                                       0.30000000000000004,
                                       kNan,
                                       kInfinity,
                                       -kInfinity,
                                       1,
                                       -1.5};
  History history;
  for (const double number : numbers)
    history.emplace_back(TrainingEntry{.iteration = 3, .epoch = number, .loss = number, .rate = number});
  history.emplace_back(ValidationEntry{
      .iteration = INT64_MAX,
      .heads = {{.pixel_accuracy = 0.2, .mean_accuracy = kNan, .mean_iu = 0.1, .fw_iu = 0.3, .class_iu = numbers}}});
  const History read = ParseHistory(PrintHistory(history), "x");
  ASSERT_EQ(read.size(), history.size());
  for (size_t i = 0; i < numbers.size(); i++) {
    const auto& entry = std::get<TrainingEntry>(read[i]);
    EXPECT_EQ(entry.iteration, 3);
    for (const double number : {entry.epoch, entry.loss, entry.rate}) ExpectSame(numbers[i], number);
  }
  EXPECT_EQ(std::get<ValidationEntry>(read.back()).iteration, INT64_MAX);
  const HeadEntry& validation = std::get<ValidationEntry>(read.back()).heads.at(0);
  EXPECT_EQ(IterationOf(read.back()), INT64_MAX);
  ExpectSame(kNan, validation.mean_accuracy);
  EXPECT_EQ(validation.fw_iu, 0.3);
  EXPECT_EQ(validation.mean_iu, 0.1);
  EXPECT_EQ(validation.pixel_accuracy, 0.2);
  ASSERT_EQ(validation.class_iu.size(), numbers.size());
  for (size_t i = 0; i < numbers.size(); i++) ExpectSame(numbers[i], validation.class_iu[i]);
  EXPECT_EQ(PrintHistory(read), PrintHistory(history));
  EXPECT_TRUE(ParseHistory("", "x").empty());
}

TEST(History, MalformedLinesAreNamed) {
  const std::string good = ToJsonLine(Learnt(1, 2)) + "\n";
  for (const char* bad : {"\n", "{\n", "[]\n", "1\n", "{}\n",
                          R"({"mode":"test"})"
                          "\n",
                          R"({"mode":"train","iteration":1,"epoch":1,"loss":1})"
                          "\n",
                          R"({"mode":"train","iteration":-1,"epoch":1,"loss":1,"lr":1})"
                          "\n",
                          R"({"mode":"train","iteration":1.5,"epoch":1,"loss":1,"lr":1})"
                          "\n",
                          R"({"mode":"train","iteration":18446744073709551615,"epoch":1,"loss":1,"lr":1})"
                          "\n",
                          R"({"mode":"train","iteration":1,"epoch":1,"loss":"1","lr":1})"
                          "\n",
                          R"({"mode":"val","iteration":1,"loss":1,"mean_iu":1,"pixel_accuracy":1,"class_iu":{}})"
                          "\n",
                          R"({"mode":"train","iteration":1,"epoch":1,"loss":1,"losses":[1],"lr":1})"
                          "\n",
                          R"({"mode":"val","iteration":1,"mean_iu":1,"heads":{}})"
                          "\n",
                          R"({"mode":"val","iteration":1,"mean_iu":1,"heads":{"a":1}})"
                          "\n",
                          R"({"mode":"train","iteration":1,"epoch":1,"loss":1,"lr":1})"})
    ExpectError(ErrorCode::kInput, "run/x, line 2 of the history", [&] { ParseHistory(good + bad, "run/x"); });
}

TEST(HistoryLog, EveryLineIsThereAtOnce) {
  const TemporaryFolder folder;
  HistoryLog log(folder / "log.jsonl", {});
  EXPECT_EQ(FileText(folder / "log.jsonl"), "");
  History history;
  for (int64_t i = 1; i <= 3; i++) {
    log.Append(history.emplace_back(Learnt(i, 1 / static_cast<double>(i))));
    EXPECT_EQ(FileText(folder / "log.jsonl"), PrintHistory(history));
  }
}

TEST(HistoryLog, ResumingDropsWhatCameAfterTheCheckpoint) {
  const TemporaryFolder folder;
  const History at_checkpoint = {Learnt(10, 1), ValidationEntry{.iteration = 10, .heads = {{.class_iu = {kNan}}}}};
  std::ofstream(folder / "log.jsonl") << PrintHistory(at_checkpoint) << ToJsonLine(Learnt(20, 2)) << "\n{\"mode\":\"tr";
  HistoryLog log(folder / "log.jsonl", at_checkpoint);
  EXPECT_EQ(FileText(folder / "log.jsonl"), PrintHistory(at_checkpoint));
  log.Append(Learnt(20, 3));
  EXPECT_EQ(FileText(folder / "log.jsonl"), PrintHistory(at_checkpoint) + ToJsonLine(Learnt(20, 3)) + "\n");
}

TEST(HistoryLog, AFullDiskIsAnError) {
  const TemporaryFolder folder;
  ExpectError(ErrorCode::kIo, "missing", [&] { HistoryLog(folder / "missing/log.jsonl", {}); });
  HistoryLog log(folder / "log.jsonl", {Learnt(1, 1)});
  const std::string before = FileText(folder / "log.jsonl");
  const FileSizeLimit limit(before.size() + 10);
  ExpectError(ErrorCode::kIo, "File too large", [&] { log.Append(Learnt(2, 1)); });
  ExpectError(ErrorCode::kIo, "log.jsonl", [&] { HistoryLog(folder / "log.jsonl", History(5, Learnt(1, 1))); });
  EXPECT_TRUE(FileText(folder / "log.jsonl").starts_with(before));
}

}  // namespace
}  // namespace fcn
