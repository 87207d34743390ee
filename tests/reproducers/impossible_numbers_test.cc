// Numbers that cannot be are refused where they are read. Found by an attack: a checkpoint whose counts of validations
// and whose sum of losses were nonsense was resumed; a model of 10,000 golden vectors kept `fcn verify` busy for a
// minute; a class name of a megabyte was taken; negative limits too.
//
// What else of this kind was looked at: every number of a checkpoint, on its own and against the others; the sizes of
// golden vectors and how many scores they have; the number of classes; every flag of every verb that takes a number,
// with negative ones, texts that are no number, and ones that no type can hold.
#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "formats/checksum.h"
#include "formats/safetensors.h"
#include "reproducers/training_data.h"

namespace fcn {
namespace {

using test::Halves;
using test::ProgramResult;
using testing::HasSubstr;

class ImpossibleNumbers : public test::TrainingDataTest {
 protected:
  static void ExpectFailure(const std::vector<std::string>& command, const std::string& message) {
    const ProgramResult result = Fcn(command);
    EXPECT_EQ(result.exit_code, 1) << result.out;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
};

TEST_F(ImpossibleNumbers, OfCheckpoints) {
  Pairs(3, Halves);
  const ProgramResult run =
      Fcn(Train({"--classes", "a,b", "--max-iters", "3", "--max-time", "0.00001", "--train-split", "[:3]",
                 "--val-split", "[2:]", "--optimiser", "sgd", "--val-interval", "1", "--log-interval", "2"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string latest = Path("run/latest.checkpoint");
  const SafetensorsFile good = ReadSafetensors(latest);
  const auto refused = [&](const std::string& key, const std::string& value, const std::string& message) {
    std::map<std::string, std::string> metadata = good.metadata;
    metadata.at(key) = value;
    metadata.erase(kChecksumKey);
    WriteSafetensors(latest, good.tensors, metadata);
    ExpectFailure({"train", "--resume", Path("run")}, message);
  };
  for (const char* key : {"validated", "worse_validations", "loss_count", "samples"})
    for (const char* value : {"-1", "", "x", "1.5", "1000", "5 apples", "99999999999999999999"}) {
      const bool is_other_size = key == std::string("samples") && value == std::string("1000");
      refused(key, value, is_other_size ? "the training began with 1000 pictures" : fmt::format("\"{}\" is ", key));
    }
  for (const char* value : {"", "nan", "inf", "-inf", "x", "0x1p5000", "1 2"})
    refused("loss_sum", value, "\"loss_sum\" is ");
  refused("train_data", "0123", "is no fingerprint of data");
  for (const char* progress : {R"({"iteration":1,"best_score":1.5,"best_iteration":1})",
                               R"({"iteration":1,"best_score":-1,"best_iteration":1})",
                               R"({"iteration":1,"best_score":"inf","best_iteration":1})",
                               R"({"iteration":1,"best_score":null,"best_iteration":1})",
                               R"({"iteration":1,"best_score":0.999,"best_iteration":1})"})
    refused("fcn.progress", progress, "the best score is");
  const std::string val = R"({"mode":"val","iteration":0,"pixel_accuracy":)";
  refused("fcn.history", val + R"(7,"mean_accuracy":0,"mean_iu":0,"fw_iu":0,"class_iu":[0,0]})" + "\n", "cannot be");
  refused("fcn.history", val + R"(1,"mean_accuracy":0,"mean_iu":0,"fw_iu":0,"class_iu":[0]})" + "\n",
          "scores of 1 classes");
  for (const char* line : {R"({"mode":"train","iteration":0,"epoch":-1,"loss":1,"lr":1})",
                           R"({"mode":"train","iteration":0,"epoch":1,"loss":"inf","lr":1})",
                           R"({"mode":"train","iteration":0,"epoch":1,"loss":1,"lr":null})"})
    refused("fcn.history", line + std::string("\n"), "cannot be");
  const std::vector<std::string> import = {
      "import", latest, "--model", "fcn32s-efficientnet-lite0", "-o", Path("m.safetensors")};
  const auto of_network = [&](const std::string& name) {
    std::map<std::string, std::string> metadata = good.metadata;
    metadata.at("fcn.network") = name;
    metadata.erase(kChecksumKey);
    WriteSafetensors(latest, good.tensors, metadata);
  };
  of_network("fcn8s-efficientnet-lite0");
  ExpectFailure(import, "is of the network fcn8s-efficientnet-lite0, not fcn32s-efficientnet-lite0");
  of_network("");
  EXPECT_EQ(Fcn(import).exit_code, 0);
  WriteSafetensors(latest, good.tensors, good.metadata);
  EXPECT_EQ(Fcn({"train", "--resume", Path("run")}).exit_code, 0);
}

TEST_F(ImpossibleNumbers, OfModels) {
  const std::string model = ModelFile();
  const SafetensorsFile good = ReadSafetensors(model);
  const auto refused = [&](const std::string& key, const nlohmann::json& value, const std::string& message) {
    std::map<std::string, std::string> metadata = good.metadata;
    metadata.at(key) = value.dump();
    metadata.erase(kChecksumKey);
    WriteSafetensors(model, good.tensors, metadata);
    ExpectFailure({"verify", model}, message);
  };
  nlohmann::json golden = {{"seed", 1},        {"amplitude", 1.0}, {"height", 64},    {"width", 64},
                           {"positions", {0}}, {"scores", {0.0}},  {"tolerance", 1.0}};
  refused("fcn.golden", nlohmann::json(10000, golden), "it has 10000 elements, and at most 16 are read");
  golden["height"] = golden["width"] = 512;
  refused("fcn.golden", nlohmann::json(5, golden), "at most 1048576 are read");
  golden["height"] = 2048;
  golden["width"] = 2048;
  refused("fcn.golden", nlohmann::json(1, golden), "has 2048x2048 pixels");
  golden["height"] = golden["width"] = 64;
  golden["positions"] = golden["scores"] = std::vector<int>(70000, 0);
  refused("fcn.golden", nlohmann::json(1, golden), "[0].positions: it has 70000 elements");
  refused("fcn.classes", {std::string(1001, 'x'), "b", "c"}, "class 0 has a name of 1001 bytes");
  refused("fcn.classes", std::vector<std::string>(65535, "x"), "there are 65535 classes");
}

TEST_F(ImpossibleNumbers, AnEmptyValueIsNotTheNextFlag) {
  Pairs(2, Halves);
  const ProgramResult result = Fcn({"dataset", "check", "--data", Path("data"), "--classes=", "--json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(nlohmann::json::parse(result.out).at("error").at("code"), "usage");
}

TEST_F(ImpossibleNumbers, OfEveryFlag) {
  const std::string model = ModelFile(), picture = PictureFile("p.png", 40, 36);
  Pairs(2, Halves);
  const std::vector<std::vector<std::string>> verbs = {
      {"segment", picture, "--model", model, "-o", Path("out")},
      Train({"--classes", "a,b", "--max-iters", "1", "--train-split", "[:1]", "--val-split", ""}),
      {"eval", "--model", model, "--data", Path("data"), "--classes", "a,b,c"},
      {"dataset", "check", "--data", Path("data"), "--classes", "a,b"},
      {"dataset", "generate", "-o", Path("scenes")},
      {"report", "--photo", picture, "--model", model, "-o", Path("page.html")},
      {"info", model},
      {"bench", "--model", model}};
  size_t flags = 0;
  for (const std::vector<std::string>& verb : verbs) {
    std::vector<std::string> help = {verb[0], "--help"};
    if (verb[0] == "dataset") help.insert(help.begin() + 1, verb[1]);
    const std::string text = Fcn(help).out;
    const std::regex flag("(--[a-z-]+) +(INT|UINT|NUMBER|SIZE|PIXELS|P=|WIDTH)");
    for (std::sregex_iterator found(text.begin(), text.end(), flag), end; found != end; found++, flags++)
      for (const char* value : {"-5", "nan", "99999999999999999999999"}) {
        if ((*found)[1] == "--ignore-index" && value == std::string("-5")) continue;  // below
        std::vector<std::string> command = verb;
        const auto given = std::ranges::find(command, (*found)[1].str());
        if (given != command.end()) command.erase(given, given + 2);
        command.push_back(fmt::format("{}={}", (*found)[1].str(), value));
        const ProgramResult result = Fcn(command);
        EXPECT_EQ(result.exit_code, 2) << fmt::format("{}", command.back()) << ": " << result.err;
        EXPECT_THAT(result.err, HasSubstr("fcn: "));
      }
  }
  EXPECT_GT(flags, 60u);
  for (const char* value : {"-5", "65536"})
    EXPECT_EQ(
        Fcn({"dataset", "check", "--data", Path("data"), "--classes", "a,b", std::string("--ignore-index=") + value})
            .exit_code,
        2)
        << value;
}

}  // namespace
}  // namespace fcn
