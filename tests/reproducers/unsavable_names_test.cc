// What can never be saved is found before anything is computed. Reported after a night of training: a class file with a
// control character (an editor's ^A, a form feed, Latin-1 in place of UTF-8) was taken, trained on to the end, and no
// model could be written; a resume ended the same way.
//
// What was looked at: every way in which names of classes come (eight class files, CVAT's labelmap, --classes of train,
// eval, dataset and import, TOML's lists, a model's metadata), every kind of wrong name (controls of one byte and of
// UTF-8, what is no UTF-8, empty, more than 1000 bytes), and what else a run writes (the configuration with its paths).
// One rule says what a name may be (models/class_name.h). Found beside what was reported: models whose metadata have
// names that are too long, empty, or have C1 controls were loaded; --preprocessing was not part of what is tried.
#include <fmt/format.h>

#include "formats/checksum.h"
#include "formats/safetensors.h"
#include "reproducers/training_data.h"

namespace fcn {
namespace {

using nlohmann::json;
using test::Halves;
using test::ProgramResult;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

const std::string kWrongNames[] = {"c\x01r", "c\x1b[31m", "c\x7f",         "c\u009br",
                                   "c\xff",  "c\xc0\x9b", "c\xed\xa0\x80", std::string(1001, 'c')};

class UnsavableNames : public test::TrainingDataTest {
 protected:
  void SetUp() override {
    TrainingDataTest::SetUp();
    Pairs(4, Halves);
  }

  /// Every verb that reads classes refuses at once, says where, and leaves nothing behind.
  void ExpectRefused(const std::vector<std::string>& arguments, const std::string& where) const {
    const ProgramResult result = Fcn(arguments);
    EXPECT_NE(result.exit_code, 0) << fmt::format("{}", arguments[0]);
    EXPECT_THAT(result.err, HasSubstr(where));
    EXPECT_THAT(result.err, AnyOf(HasSubstr("control character"), HasSubstr("UTF-8"), HasSubstr("utf-8"),
                                  HasSubstr("1001 bytes"), HasSubstr("names no class")));
    EXPECT_THAT(result.err, Not(HasSubstr("bug in fcn")));
    for (const char* made :
         {"run/best.safetensors", "run/model.safetensors", "run/latest.checkpoint", "run/log.jsonl", "new.safetensors"})
      EXPECT_FALSE(std::filesystem::exists(Path(made))) << made;
  }
  std::vector<std::string> TrainVerb(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command = Train({"--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", "1"});
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
};

TEST_F(UnsavableNames, InClassFiles) {
  const std::string model = ModelFile();
  for (const char* file : {"classes.txt", "labelmap.txt", "class_names.txt", "label_colors.txt", "class_dict.csv",
                           "_classes.csv", "classes.csv", "labels.txt"}) {
    const std::string path = Path(std::string("data/") + file);
    for (const std::string& name : kWrongNames) {
      SCOPED_TRACE(testing::PrintToString(name.substr(0, 20)) + " in " + file);
      WriteFile(path, "sky\nroad\n" + name + "\n");
      const std::string where = fmt::format("line 3 of {}", path);
      ExpectRefused({"dataset", "check", "--data", Path("data")}, where);
      ExpectRefused({"dataset", "stats", "--data", Path("data")}, where);
      ExpectRefused({"eval", "--model", model, "--data", Path("data")}, where);
      ExpectRefused(TrainVerb(), where);
    }
    std::filesystem::remove(path);
  }
}

TEST_F(UnsavableNames, InFlagsAndConfigurations) {
  const std::string model = ModelFile();
  for (const std::string& name : kWrongNames) {
    SCOPED_TRACE(testing::PrintToString(name.substr(0, 20)));
    const std::string classes = "sky," + name;
    ExpectRefused({"dataset", "check", "--data", Path("data"), "--classes", classes}, "class");
    ExpectRefused({"dataset", "stats", "--data", Path("data"), "--classes", classes}, "class");
    ExpectRefused({"eval", "--model", model, "--data", Path("data"), "--classes", classes}, "class");
    ExpectRefused(
        {"import", model, "--model", "fcn32s-efficientnet-lite0", "-o", Path("new.safetensors"), "--classes", classes},
        "--classes");
    ExpectRefused(TrainVerb({"--classes", classes}), "class");
    WriteFile(Path("config.toml"), "classes = [\"sky\", \"" + name + "\"]\n");
    ExpectRefused(TrainVerb({"--config", Path("config.toml")}), "");
  }
  WriteFile(Path("config.toml"), std::string("classes = [\"sky\", \"c\\u0001\\u009b\"]\n"));
  ExpectRefused(TrainVerb({"--config", Path("config.toml")}), "config.toml, line 1: classes");
}

TEST_F(UnsavableNames, InModels) {
  const std::string photo = PictureFile("photo.png", 40, 40);
  SafetensorsFile file = ReadSafetensors(ModelFile());
  file.metadata.erase(kChecksumKey);
  std::vector<std::string> names = {""};
  for (const std::string& name : kWrongNames)
    if (name.find_first_of("\xff\xc0\xed") == name.npos) names.push_back(name);  // others are no JSON
  ASSERT_EQ(names.size(), 6u);
  for (const std::string& name : names) {
    SCOPED_TRACE(testing::PrintToString(name.substr(0, 20)));
    file.metadata["fcn.classes"] = json({"background", name, "dog"}).dump();
    const std::string model = Path("changed.safetensors");
    WriteSafetensors(model, file.tensors, file.metadata);
    const std::string where = model + ": class 1 ";
    ExpectRefused({"info", model}, where);
    ExpectRefused({"verify", model}, where);
    ExpectRefused({"segment", photo, "--model", model, "-o", Path("out")}, where);
    ExpectRefused({"eval", "--model", model, "--data", Path("data")}, where);
    ExpectRefused({"import", model, "--model", "fcn32s-efficientnet-lite0", "-o", Path("new.safetensors")}, where);
    ExpectRefused({"bench", "--model", model, "--size", "64x64"}, where);
    ExpectRefused(TrainVerb({"--classes", "a,b", "--weights", model}), where);
  }
}

/// A name of a thousand bytes, in letters of three, goes all the way.
TEST_F(UnsavableNames, TheLongestIsSaved) {
  std::string name = "c";
  for (int i = 0; i < 333; i++) name += "道";
  ASSERT_EQ(name.size(), 1000u);
  WriteFile(Path("data/classes.txt"), "sky\n" + name + "\n");
  ASSERT_EQ(Fcn(TrainVerb()).exit_code, 0);
  EXPECT_EQ(json::parse(Fcn({"info", Path("run/model.safetensors"), "--json"}).out).at("classes").at(1), name);
}

/// Paths are written into the configuration.
TEST_F(UnsavableNames, InPathsOfARun) {
  for (const char* bad : {"\x01", "\xff", "\u009b"}) {
    SCOPED_TRACE(testing::PrintToString(bad));
    ExpectRefused(
        {"train", "--data", Path("data"), "--classes", "a,b", "--max-iters", "1", "-o", Path(std::string("run") + bad)},
        "output");
    ExpectRefused(TrainVerb({"--classes", "a,b", "--weights", Path(std::string("w") + bad)}), "weights");
  }
}

}  // namespace
}  // namespace fcn
