// A head that was trained is taken, or its absence is an error: weights whose layers of scores are called otherwise
// gave a model that sees background alone, exit 0. Numbers that a user gives are checked before they are used.
//
// What was looked at for more of the kind: heads behind another prefix than the backbone, under mmsegmentation's names,
// in part, for different numbers of classes, several of them; files in which a missing head is as it should be
// (classifiers', with auxiliary heads, optimisers, averages); training from the same files, where a head begins anew
// and that is said; preprocessing in units of 0 to 1; names of classes; quantised weights, negative variances, scores
// that are infinite; models that were never trained, in use.

#include <nlohmann/json.hpp>

#include "fcn/segmenter.h"
#include "formats/safetensors.h"
#include "models/import.h"
#include "models/initialise.h"
#include "support/program_fixture.h"
#include "train/start.h"

namespace fcn {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kNetwork = "fcn16s-efficientnet-lite0";

class LostHeads : public test::ProgramTest {
 protected:
  const NamedTensors weights_ = RandomWeights(FindModel(kNetwork).build(3), 1);

  /// The weights with the backbone and the head behind these.
  NamedTensors Behind(const std::string& backbone, const std::string& head) const {
    NamedTensors renamed;
    for (const auto& [name, tensor] : weights_)
      renamed[name.starts_with("backbone.") ? backbone + name.substr(9) : head + name] = tensor;
    return renamed;
  }
  test::ProgramResult Import(const NamedTensors& tensors, std::vector<std::string> more = {},
                             const char* network = kNetwork) const {
    WriteSafetensors(Path("weights.safetensors"), tensors);
    std::vector<std::string> command = {"import", Path("weights.safetensors"), "--model",    network,
                                        "-o",     Path("model.safetensors"),   "--overwrite"};
    command.insert(command.end(), more.begin(), more.end());
    return Fcn(command);
  }
  void ExpectWhole(const test::ProgramResult& result) const {
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("0 initialised"));
    const ModelContents model = LoadModel(Path("model.safetensors"));
    for (const auto& [name, tensor] : weights_) EXPECT_EQ(model.weights.at(name).ToFloats(), tensor.ToFloats()) << name;
  }
};

TEST_F(LostHeads, AHeadMayHaveAPrefixOfItsOwn) {
  for (const auto& [backbone, head] : std::vector<std::pair<std::string, std::string>>{
           {"encoder.", "decode_head."}, {"encoder.", ""}, {"module.backbone.", "head."}, {"backbone.body.", ""}}) {
    SCOPED_TRACE(backbone + " " + head);
    ExpectWhole(Import(Behind(backbone, head)));
  }
}

TEST_F(LostHeads, OfSeveralHeadsTheNearestIsTaken) {
  NamedTensors both = Behind("model.encoder.", "model.head.");
  for (const auto& [name, tensor] : Behind("model_ema.encoder.", "model_ema.head."))
    both[name] = StoredTensor::FromFloats(tensor.shape, std::vector<float>(tensor.ToFloats().size(), 0.5f));
  ExpectWhole(Import(both));
  NamedTensors two = Behind("encoder.", "one.");
  two.merge(Behind("encoder.", "two."));
  const test::ProgramResult refused = Import(two);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("are there 2 times, behind \"one.\", \"two.\""), HasSubstr("--prefix")));
}

TEST_F(LostHeads, APartOfAHeadIsAnError) {
  NamedTensors tensors = weights_;
  tensors.erase("score16.weight");
  tensors.erase("score16.bias");
  const test::ProgramResult refused = Import(tensors);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("only a part of its head is there: 2 there (\"score32.weight\""),
                                 HasSubstr("2 missing (\"score16.weight\""), HasSubstr("--new-head")));
  EXPECT_FALSE(std::filesystem::exists(Path("model.safetensors")));
  EXPECT_EQ(Import(tensors, {"--new-head"}).exit_code, 0);
}

TEST_F(LostHeads, AHeadOfUnknownNamesIsAnError) {
  NamedTensors tensors = weights_;
  for (const char* name : {"score16", "score32"})
    for (const char* end : {".weight", ".bias"}) {
      auto node = tensors.extract(std::string(name) + end);
      node.key() = "decoder.layer_" + node.key();
      tensors.insert(std::move(node));
    }
  const test::ProgramResult refused = Import(tensors);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("its head is not there under names that are known"),
                                 HasSubstr("\"decoder.layer_score16.weight\""), HasSubstr("--new-head")));
  const test::ProgramResult anew = Import(tensors, {"--new-head", "--json"});
  EXPECT_EQ(anew.exit_code, 0) << anew.err;
  EXPECT_THAT(nlohmann::json::parse(anew.out)["notes"], Contains(HasSubstr("Its scores mean nothing")));
  // A training begins the head anyway, and says what it leaves.
  WriteSafetensors(Path("start.safetensors"), tensors);
  const TrainingStart start = StartTraining(
      kNetwork, {.ports = 2, .heads = {{.classes = {"a", "b"}}}, .file = Path("start.safetensors"), .seed = 1});
  EXPECT_THAT(StartNotices(start, "w"), Contains(HasSubstr("decoder.layer_score16.weight")));
}

TEST_F(LostHeads, WhatIsNoHeadDoesNotMatter) {
  NamedTensors tensors = RandomWeights(FindModel("efficientnet-lite0").build(10), 1);
  for (const char* name : {"aux_head.conv.weight", "optimizer.state.3.exp_avg", "exp_avg.conv"})
    tensors[name] = RandomParameter("x.weight", {4, 4, 3, 3}, 1);
  tensors["pixel_mean"] = RandomParameter("x.weight", {3, 1, 1}, 1);
  EXPECT_EQ(Import(tensors).exit_code, 0);
}

TEST_F(LostHeads, LayersForDifferentNumbersOfClasses) {
  NamedTensors tensors = weights_;
  const NamedTensors two = RandomWeights(FindModel(kNetwork).build(2), 1);
  for (const char* name : {"score16.weight", "score16.bias"}) tensors[name] = two.at(name);
  const test::ProgramResult refused = Import(tensors);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("layers are for different numbers of classes"), HasSubstr("is for 2"),
                                 HasSubstr("is for 3"), HasSubstr("--new-head"), Not(HasSubstr("They fit"))));
}

TEST_F(LostHeads, WhatAUserGivesIsCheckedFirst) {
  for (const auto& [flags, message] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--classes", "a,b,a"}, "--classes: the class \"a\" comes twice"},
           {{"--classes", "a\x1b,b,c"}, "--classes: one of the classes"},
           {{"--classes", ""}, "--classes"},
           {{"--preprocessing", ""}, "is no preprocessing"},
           {{"--preprocessing", "rgb:0.485,0.456,0.406:0.229,0.224,0.225"}, "samples from 0 to 1, not 0 to 255"}}) {
    const test::ProgramResult refused = Import(weights_, flags);
    EXPECT_NE(refused.exit_code, 0) << message;
    EXPECT_THAT(refused.err, AllOf(HasSubstr(message), Not(HasSubstr("damaged")))) << message;
  }
}

TEST_F(LostHeads, WeightsThatCannotBeUsedAreToldByTheirFile) {
  const auto with = [&](const char* name, StoredTensor tensor) {
    NamedTensors tensors = weights_;
    tensors[name] = std::move(tensor);
    return Import(tensors).err;
  };
  EXPECT_THAT(with("backbone._bn0.running_var", StoredTensor::FromFloats({32}, std::vector<float>(32, -1))),
              AllOf(HasSubstr("weights.safetensors"), HasSubstr("is a variance, and -1 at 0")));
  EXPECT_THAT(
      with("score16.weight",
           StoredTensor::FromFloats(
               weights_.at("score16.weight").shape,
               std::vector<float>(static_cast<size_t>(weights_.at("score16.weight").shape.elements()), 3e38f))),
      AllOf(HasSubstr("weights.safetensors"), HasSubstr("infinite or no numbers"), Not(HasSubstr("fcn wrote"))));
  StoredTensor whole = weights_.at("score16.bias");
  whole.dtype = DType::kInt32;
  EXPECT_THAT(with("score16.bias", whole), AllOf(HasSubstr("quantised"), HasSubstr("float32")));
}

TEST_F(LostHeads, AnUntrainedModelIsSaid) {
  ASSERT_EQ(Import(RandomWeights(FindModel("efficientnet-lite0").build(10), 1)).exit_code, 0);
  EXPECT_FALSE(Segmenter(Path("model.safetensors")).is_trained());
  ASSERT_EQ(
      Fcn({"dataset", "generate", "-o", Path("scenes"), "--count", "1", "--val", "1", "--size", "64x48"}).exit_code, 0);
  const test::ProgramResult result = Fcn(
      {"segment", Path("scenes"), "--recursive", "--model", Path("model.safetensors"), "-o", Path("out"), "--json"});
  EXPECT_THAT(result.err, HasSubstr("all scores are alike, as before training"));
  EXPECT_EQ(nlohmann::json::parse(result.out)["notes"].back()["kind"], "untrained");
  ASSERT_EQ(Import(weights_).exit_code, 0);
  EXPECT_TRUE(Segmenter(Path("model.safetensors")).is_trained());
}

}  // namespace
}  // namespace fcn
