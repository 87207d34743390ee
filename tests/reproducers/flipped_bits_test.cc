// Weights that are damaged. Eight flipped bits in a model file changed nothing that fcn looked at, and `fcn verify`
// missed one file of eight: its golden vector holds some scores to a tolerance. Weights that were all infinite gave
// "100 % background", exit code 0.
//
// Model files and checkpoints now have a checksum of their tensors and metadata (formats/checksum.h; its test flips
// every bit of a small file). It is compared by every verb that loads a small model, by import, train --weights and
// --resume always, and by verify, which says so. Weights of a large model that are infinite or no number are found by
// every verb when it packs them. Looked at: bits of weights, of graph, classes and preprocessing,
// weights that are infinite or no number under a checksum that matches, files of before and of others without one.
#include <filesystem>
#include <fstream>
#include <limits>

#include "base/whole_file.h"
#include "fcn/text.h"
#include "formats/checksum.h"
#include "models/import.h"
#include "reproducers/training_data.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;
using test::Halves;
using test::ProgramResult;
using testing::HasSubstr;
using testing::Not;

class FlippedBits : public test::TrainingDataTest {
 protected:
  /// Flips eight bits that are spread over the last three quarters of a file: in its tensors.
  static void FlipEight(const std::string& path, uint64_t seed) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    const auto size = static_cast<uint64_t>(fs::file_size(path)), first = size / 4;
    for (uint64_t i = 0; i < 8; i++) {
      const auto at = static_cast<std::streamoff>(first + RandomBits(seed, 2 * i) % (size - first));
      file.seekg(at);
      const int byte = file.get();
      file.seekp(at);
      file.put(static_cast<char>(byte ^ (1 << RandomBits(seed, 2 * i + 1) % 8)));
    }
  }

  /// Puts a text of the same length in the place of another in a file's metadata.
  static void Reword(const std::string& path, const std::string& before, const std::string& after) {
    ASSERT_EQ(before.size(), after.size());
    const std::vector<uint8_t> bytes = ReadFile(path);
    std::string text(bytes.begin(), bytes.end());
    const size_t at = text.find(before);
    ASSERT_NE(at, std::string::npos) << before;
    WriteFile(path, text.replace(at, before.size(), after));
  }

  static nlohmann::json Verify(const std::string& model, int exit_code) {
    const ProgramResult result = Fcn({"verify", model, "--json"});
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return nlohmann::json::parse(result.out);
  }

  void ExpectDamaged(std::vector<std::string> command) const {
    const ProgramResult result = Fcn(command);
    EXPECT_EQ(result.exit_code, 1) << command[0];
    EXPECT_THAT(result.err, HasSubstr("damaged: its content does not match its checksum")) << command[0];
  }
};

TEST_F(FlippedBits, OfWeightsAreFoundByEveryVerb) {
  Pairs(4, Halves);
  const std::string picture = PictureFile("picture.png", 40, 36);
  for (uint64_t seed = 0; seed < 8; seed++) {
    const std::string model = ModelFile();
    if (seed == 0) {
      EXPECT_EQ(Verify(model, 0)["checksum"], "matches");
      EXPECT_EQ(Verify(model, 0)["not_finite"].size(), 0u);
    }
    FlipEight(model, seed);
    const nlohmann::json verified = Verify(model, 1);
    EXPECT_EQ(verified["checksum"], "differs");
    EXPECT_EQ(verified["passed"], false);
    EXPECT_THAT(Fcn({"verify", model}).out, HasSubstr("checksum: WRONG"));
    ExpectDamaged({"segment", picture, "--model", model, "-o", Path("out")});
    if (seed > 0) continue;
    ExpectDamaged({"info", model});
    ExpectDamaged({"import", model, "--model", "fcn32s-efficientnet-lite0", "-o", Path("new.safetensors")});
    ExpectDamaged(Train(
        {"--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:]", "--weights", model, "--max-iters", "1"}));
    ExpectDamaged({"eval", "--model", model, "--data", Path("data"), "--classes", "background,cat,dog"});
    EXPECT_FALSE(fs::exists(Path("new.safetensors")));
  }
}

TEST_F(FlippedBits, OfTheMetadataAreFound) {
  for (const auto& [before, after] :
       {std::pair<std::string, std::string>{R"(\"order\":\"rgb\")", R"(\"order\":\"bgr\")"},
        {R"(\"cat\")", R"(\"bat\")"},
        {"stride=2x2", "stride=2x1"}}) {
    const std::string model = ModelFile();
    Reword(model, before, after);
    ExpectError(ErrorCode::kInput, "does not match its checksum", [&] { LoadModel(model); });
  }
}

TEST_F(FlippedBits, OfALargeModelAreFoundByVerify) {
  const ZooEntry& entry = FindModel("fcn32s-resnet50");
  ModelContents model = MakeModel(entry, RandomWeights(entry.build(3), 1), {"a", "b", "c"});
  model.golden.push_back(
      {.seed = 1, .amplitude = 1, .height = 32, .width = 32, .positions = {0}, .scores = {0}, .tolerance = 1e30});
  SaveModel(Path("large.safetensors"), model);
  EXPECT_EQ(Verify(Path("large.safetensors"), 0)["checksum"], "matches");
  FlipEight(Path("large.safetensors"), 1);
  EXPECT_EQ(Verify(Path("large.safetensors"), 1)["checksum"], "differs");
  EXPECT_NO_THROW(LoadModel(Path("large.safetensors")));  // reading all of it would take longer than to use it
  ExpectError(ErrorCode::kInput, "does not match its checksum",
              [&] { ReadImportSource(Path("large.safetensors")); });  // what is imported is kept
}

TEST_F(FlippedBits, InfiniteWeightsOfALargeModelAreFoundWhenTheyAreUsed) {
  const ZooEntry& entry = FindModel("fcn32s-resnet50");
  ModelContents model = MakeModel(entry, RandomWeights(entry.build(3), 1), {"a", "b", "c"});
  model.golden.push_back(
      {.seed = 1, .amplitude = 1, .height = 32, .width = 32, .positions = {0}, .scores = {0}, .tolerance = 1e30});
  auto& [name, tensor] = *model.weights.rbegin();
  std::vector<float> values = tensor.ToFloats();
  values.back() = std::numeric_limits<float>::infinity();
  tensor = StoredTensor::FromFloats(tensor.shape, values);
  const std::string large = Path("large.safetensors"), picture = PictureFile("picture.png", 40, 36);
  SaveModel(large, model);
  ASSERT_GT(fs::file_size(large), WholeFile::kMostRead);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"segment", picture, "--model", large, "-o", Path("out")},
        {"bench", "--model", large, "--size", "32x32"}}) {
    const ProgramResult result = Fcn(command);
    EXPECT_EQ(result.exit_code, 1) << command[0];
    EXPECT_THAT(result.err, HasSubstr(large + ": 1 of the ")) << command[0];
    EXPECT_THAT(result.err, HasSubstr(Quoted(name) + " are infinite or no number")) << command[0];
  }
  EXPECT_EQ(Verify(large, 1)["not_finite"].size(), 1u);
}

TEST_F(FlippedBits, OfACheckpointAreFoundWhenItResumes) {
  Pairs(4, Halves);
  ASSERT_EQ(
      Fcn(Train({"--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", "2"})).exit_code,
      0);
  const std::string checkpoint = Path("run/latest.checkpoint");
  FlipEight(checkpoint, 3);
  ExpectDamaged({"train", "--resume", checkpoint});
  ExpectDamaged({"import", checkpoint, "--model", "fcn32s-efficientnet-lite0", "-o", Path("new.safetensors")});
}

TEST_F(FlippedBits, OfACheckpointWithoutChecksumAreFoundAtItsLastIterationToo) {
  Pairs(4, Halves);
  ASSERT_EQ(
      Fcn(Train({"--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", "1"})).exit_code,
      0);
  const std::string checkpoint = Path("run/latest.checkpoint");
  SafetensorsFile whole = ReadSafetensors(checkpoint);
  whole.metadata.erase(kChecksumKey);
  const auto resume = [&](const SafetensorsFile& file) {
    WriteSafetensors(checkpoint, file.tensors, file.metadata);
    return Fcn({"train", "--resume", checkpoint});
  };
  EXPECT_EQ(resume(whole).exit_code, 0);
  for (const std::string group : {"weights", "momentum"}) {
    SafetensorsFile file = whole;
    StoredTensor& tensor = file.tensors.lower_bound(group + "/")->second;
    std::vector<float> values = tensor.ToFloats();
    values.back() = std::numeric_limits<float>::infinity();
    tensor = StoredTensor::FromFloats(tensor.shape, values);
    const ProgramResult result = resume(file);
    EXPECT_EQ(result.exit_code, 1) << group;
    EXPECT_THAT(result.err, HasSubstr("are infinite or no number")) << group;
  }
  SafetensorsFile other = whole;
  other.metadata["fcn.network"] = "fcn32s-vgg16";
  EXPECT_THAT(resume(other).err, HasSubstr("its tensors are those of \"fcn32s-vgg16\""));
  SafetensorsFile renamed = whole;
  auto node = renamed.tensors.extract(renamed.tensors.lower_bound("momentum/"));
  node.key() = "momentum/of.another";
  renamed.tensors.insert(std::move(node));
  EXPECT_EQ(resume(renamed).exit_code, 1);
}

TEST_F(FlippedBits, OfACheckpointsConfigurationAreToldAsDamage) {
  Pairs(4, Halves);
  for (const auto& [before, after] : {std::pair<std::string, std::string>{"max_iters = 1", "max_iters = x"},
                                      {"max_iters = 1", "max_iters =-1"},
                                      {"max_iters = 1", "max_iterz = 1"},
                                      {"max_iters = 1", "max_iters = 7"},
                                      {"fcn.config", "fcn.comfig"}}) {
    ASSERT_EQ(
        Fcn(Train({"--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", "1"})).exit_code,
        0);
    Reword(Path("run/latest.checkpoint"), before, after);
    ExpectDamaged({"train", "--resume", Path("run")});
    fs::remove_all(Path("run"));
  }
}

TEST_F(FlippedBits, WeightsThatAreInfiniteAreRefusedUnderAChecksumThatMatches) {
  const std::string file = ModelFile();
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    ModelContents model = LoadModel(file);
    auto& [name, tensor] = *model.weights.rbegin();
    std::vector<float> values = tensor.ToFloats();
    values.back() = bad;
    tensor = StoredTensor::FromFloats(tensor.shape, values);
    SaveModel(Path("bad.safetensors"), model);
    const ProgramResult result =
        Fcn({"segment", PictureFile("picture.png", 40, 36), "--model", Path("bad.safetensors"), "-o", Path("out")});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("are infinite or no number"));
    const nlohmann::json verified = Verify(Path("bad.safetensors"), 1);
    EXPECT_EQ(verified["checksum"], "matches");
    EXPECT_EQ(verified["not_finite"][0]["tensor"], name);
  }
}

TEST_F(FlippedBits, FilesWithoutAChecksumAreReadAndVerifySaysSo) {
  const std::string model = ModelFile();
  SafetensorsFile file = ReadSafetensors(model);
  file.metadata.erase(kChecksumKey);
  WriteSafetensors(model, file.tensors, file.metadata);
  EXPECT_EQ(Verify(model, 0)["checksum"], "none");
  EXPECT_THAT(Fcn({"verify", model}).out, HasSubstr("checksum: there is none"));
  EXPECT_THAT(LoadModel(model).metadata, Not(testing::Contains(testing::Key(kChecksumKey))));
  SaveModel(model, LoadModel(model));
  EXPECT_EQ(Verify(model, 0)["checksum"], "matches");
}

}  // namespace
}  // namespace fcn
