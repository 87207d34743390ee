// eval, dataset check and dataset stats.

#include "fcn/drawing.h"
#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using testing::HasSubstr;

class DataVerbs : public ProgramTest {
 protected:
  void Labels(const std::string& name, int width, const std::vector<uint8_t>& labels) const {
    std::filesystem::create_directories(std::filesystem::path(Path(name)).parent_path());
    WriteIndexedPng(Path(name), labels.data(), width, static_cast<int>(labels.size()) / width, VocPalette());
  }

  /// Three pictures of 64x48 as pairs, with the classes of ModelFile().
  void MakePairs() const {
    std::filesystem::create_directories(Path("images"));
    for (uint64_t i = 0; i < 3; i++) {
      const std::string name = std::vector<std::string>{"p0.png", "p1.png", "p2.png"}[i];
      PictureFile("images/" + name, 64, 48);
      std::vector<uint8_t> labels;
      for (uint64_t p = 0; p < 64 * 48; p++) labels.push_back(static_cast<uint8_t>(RandomBits(i, p / 64) % 3));
      Labels("masks/" + name, 64, labels);
    }
  }
};

TEST_F(DataVerbs, EvalOfAModelIsEvalOfItsPredictions) {
  MakePairs();
  const std::string model = ModelFile();
  const auto scored = Fcn({"eval", "--model", model, "--dataset", "pairs", "--data", folder_.string(), "--json"});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  ASSERT_EQ(Fcn({"segment", Path("images"), "--model", model, "-o", Path("out")}).exit_code, 0);
  const auto compared = Fcn({"eval", "--predictions", Path("out"), "--truth", Path("masks"), "--classes", "background",
                             "cat", "dog", "--json"});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_EQ(scored.out, compared.out);

  const auto json = nlohmann::json::parse(scored.out);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, testing::UnorderedElementsAre("pixel_accuracy", "mean_accuracy", "mean_iu", "fw_iu", "per_class"));
  ASSERT_EQ(json["per_class"].size(), 3u);
  for (const char* key : {"name", "iu", "accuracy", "pixels"}) EXPECT_TRUE(json["per_class"][0].contains(key)) << key;
}

TEST_F(DataVerbs, EvalSaysWhichClassesAreAbsent) {
  Labels("truth/a.png", 4, {0, 0, 1, 255});
  Labels("predicted/a.png", 4, {0, 1, 1, 2});
  const std::vector<std::string> command = {"eval",    "--predictions", Path("predicted"),
                                            "--truth", Path("truth"),   "--classes=a,b,c"};
  const ProgramResult text = Fcn(command);
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("1 of 3 classes are absent"));
  for (const char* name : {"(aAcc)", "(mAcc)", "(mIoU)", "(fwIoU)"}) EXPECT_THAT(text.out, HasSubstr(name));
  auto with_json = command;
  with_json.insert(with_json.end(), {"--json", "--worst", "1"});
  const auto json = nlohmann::json::parse(Fcn(with_json).out);
  EXPECT_DOUBLE_EQ(json["pixel_accuracy"], 2.0 / 3);
  EXPECT_DOUBLE_EQ(json["mean_iu"], 0.5);
  EXPECT_TRUE(json["per_class"][2]["iu"].is_null());
  EXPECT_EQ(json["per_class"][2]["pixels"], 0);
  EXPECT_EQ(json["worst"][0]["name"], "a");
}

TEST_F(DataVerbs, WhatLacksAFileIsAnErrorOfCheckAndOfStats) {
  MakePairs();
  const std::vector<std::string> data = {"--data", folder_.string(), "--classes", "a,b,c,never", "--json"};
  const auto run = [&](const char* verb) {
    std::vector<std::string> command = {"dataset", verb};
    command.insert(command.end(), data.begin(), data.end());
    return Fcn(command);
  };
  EXPECT_EQ(run("stats").exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(run("stats").out)["uncounted"], 0);
  std::filesystem::remove(Path("masks/p1.png"));
  WriteFile(Path("masks/p2.png"), std::string("no picture"));
  EXPECT_EQ(run("stats").exit_code, 1);
  EXPECT_EQ(nlohmann::json::parse(run("stats").out)["uncounted"], 2);
  const ProgramResult checked = run("check");
  EXPECT_EQ(checked.exit_code, 1);
  std::map<std::string, bool> is_error;
  const nlohmann::json answer = nlohmann::json::parse(checked.out);
  for (const auto& finding : answer["findings"]) is_error[finding["kind"]] = finding["is_error"];
  EXPECT_EQ(is_error,
            (std::map<std::string, bool>{{"missing labels", true}, {"unreadable", true}, {"absent classes", false}}));
}

TEST_F(DataVerbs, EvalListsMissingPredictions) {
  Labels("truth/a.png", 1, {0});
  Labels("truth/b.png", 1, {0});
  Labels("predicted/a.png", 1, {0});
  const ProgramResult result =
      Fcn({"eval", "--predictions", Path("predicted"), "--truth", Path("truth"), "--classes", "2"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no predictions for 1 of 2 pictures: b"));
}

TEST_F(DataVerbs, CheckFailsWithTheFindingAndItsRemedy) {
  MakePairs();
  Labels("masks/p1.png", 64, std::vector<uint8_t>(64 * 48, 200));
  const ProgramResult result = Fcn({"dataset", "check", "--data", folder_.string(), "--classes", "a", "b", "c"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("p1.png has value 200 at pixel (0, 0)"));
  EXPECT_THAT(result.out, HasSubstr("value 200"));
  const ProgramResult mapped =
      Fcn({"dataset", "check", "--data", folder_.string(), "--classes", "a", "b", "c", "--map", "200:1", "--json"});
  EXPECT_EQ(mapped.exit_code, 0) << mapped.out;
  EXPECT_EQ(nlohmann::json::parse(mapped.out)["errors"], 0);
}

TEST_F(DataVerbs, StatsDescribeTheClasses) {
  MakePairs();
  const ProgramResult result = Fcn({"dataset", "stats", "--data", folder_.string(), "--classes=3", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["samples"], 3);
  EXPECT_EQ(json["valid_pixels"], 3 * 64 * 48);
  ASSERT_EQ(json["classes"].size(), 3u);
  double shares = 0;
  for (const auto& one : json["classes"]) shares += one["share"].get<double>();
  EXPECT_DOUBLE_EQ(shares, 1);
}

TEST_F(DataVerbs, WrongUsageExitsWith2AndSuggests) {
  MakePairs();
  const std::string data = folder_.string();
  struct Case {
    std::vector<std::string> arguments;
    const char* hint;
  };
  const Case cases[] = {
      {{"eval"}, "either a model or two folders"},
      {{"eval", "--model", "m", "--truth", "t"}, "either a model or two folders"},
      {{"eval", "--model", "m"}, "--data"},
      {{"eval", "--modle", "m"}, "Did you mean --model?"},
      {{"dataset"}, "See fcn dataset --help"},
      {{"dataset", "chekc"}, "Did you mean check?"},
      {{"dataset", "check", "--splt", "val"}, "Did you mean --split? See fcn dataset check --help."},
      {{"dataset", "check", "--data", data, "--classes=3", "--map", "255"}, "VALUE:CLASS"},
      {{"dataset", "check", "--data", data, "--classes=3", "--palette", "300,0,0"}, "#804080"},
      {{"dataset", "check", "--data", data, "--classes=3", "--split", "x["}, "train[:380]"},
      {{"dataset", "check", "--data", data}, "classes.txt"},
      {{"dataset", "check", "--data", data, "--dataset", "vok"}, "voc"},
  };
  for (const Case& c : cases) {
    const ProgramResult result = Fcn(c.arguments);
    EXPECT_EQ(result.exit_code, 2) << c.hint;
    EXPECT_THAT(result.err, HasSubstr(c.hint));
  }
}

}  // namespace
}  // namespace fcn::test
