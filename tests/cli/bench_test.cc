// bench: what it prints, never how fast something was.

#include <algorithm>
#include <sstream>

#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using testing::HasSubstr;

class Bench : public ProgramTest {
 protected:
  static nlohmann::json Json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "bench");
    arguments.emplace_back("--json");
    const ProgramResult result = Fcn(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
};

TEST_F(Bench, HasItsKeys) {
  const auto json = Json({"--model", "fcn8s-efficientnet-lite0", "--size", "96x64", "--runs", "3"});
  for (const char* key : {"median_ms", "min_ms", "first_ms", "compile_ms", "new_size_compile_ms", "peak_rss_mb",
                          "gflop", "effective_gflops"})
    EXPECT_GT(json[key].get<double>(), 0) << key;
  EXPECT_FALSE(json.contains("profile"));
}

TEST_F(Bench, ProfilesUnderARoofline) {
  const auto json = Json({"--model", "fcn8s-efficientnet-lite0", "--size", "96x64", "--runs", "2", "--profile"});
  EXPECT_GT(json["peak_gflops"].get<double>(), 0);
  EXPECT_GT(json["bandwidth_gb_per_s"].get<double>(), 0);
  ASSERT_GT(json["profile"].size(), 30u);
  double gflop = 0;
  for (const auto& row : json["profile"]) {
    gflop += row["gflop"].get<double>();
    EXPECT_GT(row["mbytes"].get<double>(), 0) << row;
    EXPECT_GT(row["of_bound"].get<double>(), 0) << row;
  }
  EXPECT_NEAR(gflop, json["gflop"].get<double>(), 1e-9);
  const ProgramResult text =
      Fcn({"bench", "--model", "fcn8s-efficientnet-lite0", "--size", "96x64", "--runs", "1", "--profile"});
  EXPECT_THAT(text.out, HasSubstr("% of bound"));
}

TEST_F(Bench, LabelsNeedNoScoresAtTheImagesSize) {
  const std::vector<std::string> scores = {"--model", "fcn8s-efficientnet-lite0", "--size", "960x720", "--runs", "1"};
  std::vector<std::string> labels = scores;
  labels.emplace_back("--labels");
  const auto with_labels = Json(labels);
  EXPECT_EQ(with_labels["labels"], true);
  const double score_mb = 1e-6 * 4 * 21 * 960 * 720;
  EXPECT_LT(with_labels["planned_peak_mb"].get<double>(), Json(scores)["planned_peak_mb"].get<double>() - score_mb / 2);
}

TEST_F(Bench, TimesTraining) {
  const auto json = Json({"--model", "fcn8s-efficientnet-lite0", "--size", "64x64", "--batch", "2", "--train", "--runs",
                          "1", "--threads", "1"});
  EXPECT_EQ(json["train"], true);
  EXPECT_EQ(json["batch"], 2);
  EXPECT_EQ(json["threads"], 1);
  EXPECT_GT(json["median_ms"].get<double>(), 0);
}

TEST_F(Bench, AClassifierOfOneSizeHasNoOther) {
  EXPECT_FALSE(Json({"--model", "vgg16", "--size", "224x224", "--runs", "1"}).contains("new_size_compile_ms"));
}

TEST_F(Bench, RunsOnRequest) {
  const std::string command =
      std::string(FCN_PROGRAM) + " bench --model fcn32s-efficientnet-lite0 --size 32x32 --on-request --json";
  const ProgramResult result = RunProgram({"/bin/sh", "-c", "printf '3\\n1\\n' | " + command});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::istringstream lines(result.out);
  std::vector<double> all_ms;
  for (const size_t runs : {1, 3, 1}) {
    std::string line;
    std::getline(lines, line);
    const auto runs_ms = nlohmann::json::parse(line).get<std::vector<double>>();
    EXPECT_EQ(runs_ms.size(), runs) << line;
    all_ms.insert(all_ms.end(), runs_ms.begin(), runs_ms.end());
  }
  std::sort(all_ms.begin() + 1, all_ms.end());  // the first is not counted
  EXPECT_DOUBLE_EQ(nlohmann::json::parse(lines)["median_ms"].get<double>(), (all_ms[2] + all_ms[3]) / 2);
  const ProgramResult wrong = RunProgram({"/bin/sh", "-c", "echo many | " + command});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("\"many\" is not a number of runs"));
}

TEST_F(Bench, MeasuresTheMachine) {
  const auto json = Json({"--peak", "--threads", "2"});
  ASSERT_EQ(json["gflops"].size(), 2 * SupportedIsas().size());
  for (const auto& row : json["gflops"]) EXPECT_GT(row["gflops"].get<double>(), 0) << row;
  ASSERT_EQ(json["bandwidth"].size(), 2u);
  for (const auto& row : json["bandwidth"]) {
    EXPECT_GT(row["read_gb_per_s"].get<double>(), 0) << row;
    EXPECT_GT(row["triad_gb_per_s"].get<double>(), 0) << row;
  }
  EXPECT_EQ(Json({"--peak", "--threads", "1", "--isa", "portable"})["gflops"].size(), 1u);
  EXPECT_THAT(Fcn({"bench", "--peak"}).out, HasSubstr("GB/s"));
}

TEST_F(Bench, SaysWhatDoesNotGoTogether) {
  const std::vector<std::vector<std::string>> wrong = {
      {"bench"},
      {"bench", "--model", "fcn8s-vgg16"},
      {"bench", "--size", "32x32"},
      {"bench", "--peak", "--model", "fcn8s-vgg16"},
      {"bench", "--peak", "--batch", "2"},
      {"bench", "--peak", "--runs", "2"},
      {"bench", "--peak", "--max-memory", "1G"},
      {"bench", "--peak", "--no-winograd"},
      {"bench", "--peak", "--no-image-window"},
      {"bench", "--model", "fcn32s-efficientnet-lite0", "--size", "32x32", "--on-request", "--runs", "2"},
      {"bench", "--model", "fcn8s-vgg16", "--size", "32x32", "--train", "--labels"}};
  for (const auto& arguments : wrong) {
    const ProgramResult result = Fcn(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments.back();
    EXPECT_THAT(result.err, HasSubstr("fcn bench --help"));
  }
}

}  // namespace
}  // namespace fcn::test
