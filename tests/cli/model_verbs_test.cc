// import, info, verify and bench.

#include <algorithm>

#include "formats/safetensors.h"
#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using testing::HasSubstr;

class ModelVerbs : public ProgramTest {
 protected:
  static nlohmann::json Json(const ProgramResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
};

TEST_F(ModelVerbs, ImportsAClassifierIntoAnFcn) {
  const ZooEntry& classifier = FindModel("efficientnet-lite0");
  WriteSafetensors(Path("weights.safetensors"), RandomWeights(classifier.build(1000), 3), {});
  const auto json = Json(Fcn({"import", Path("weights.safetensors"), "--model", "fcn8s-efficientnet-lite0", "-o",
                              Path("fcn8s.safetensors"), "--classes", "road", "sky", "--json"}));
  EXPECT_EQ(json["classes"], 2);
  EXPECT_EQ(json["initialised"].size(), 6u);  // weight and bias of three layers of scores
  EXPECT_EQ(Json(Fcn({"verify", Path("fcn8s.safetensors"), "--json"}))["passed"], true);
  EXPECT_EQ(Json(Fcn({"info", Path("fcn8s.safetensors"), "--size", "64x64", "--json"}))["classes"].size(), 2u);
}

TEST_F(ModelVerbs, ImportsForOtherInputs) {
  WriteSafetensors(Path("weights.safetensors"), RandomWeights(FindModel("efficientnet-lite0").build(1000), 3), {});
  const auto import = [&](std::vector<std::string> more) {
    std::vector<std::string> command = {
        "import", Path("weights.safetensors"), "--model", "fcn32s-efficientnet-lite0", "--classes", "road,sky",
        "-o",     Path("start.safetensors")};
    command.insert(command.end(), more.begin(), more.end());
    return Fcn(command);
  };
  const ProgramResult result = import({"--inputs", "image,depth:1", "--new-bands", "zeros"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("  input image: 3 bands, preprocessing lite\n"
                                    "  input depth: 1 band, preprocessing bands:0:1\n"));
  EXPECT_THAT(result.err, HasSubstr("\"_conv_stem.weight\" is for 3 bands, the network has 4: new ones began as"));
  EXPECT_THAT(result.err, HasSubstr("\"zeros\""));
  const auto info = Json(Fcn({"info", Path("start.safetensors"), "--size", "64x64", "--json"}));
  ASSERT_EQ(info["inputs"].size(), 2u);
  EXPECT_EQ(info["inputs"][1]["name"], "depth");
  EXPECT_EQ(info["inputs"][1]["channels"], 1);
  EXPECT_EQ(Json(Fcn({"verify", Path("start.safetensors"), "--json"}))["passed"], true);

  EXPECT_THAT(import({"--inputs", "image,image", "--overwrite"}).err, HasSubstr("image"));
  const ProgramResult unknown = import({"--inputs", "depth:1", "--new-bands", "noise", "--overwrite"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("new bands cannot begin as \"noise\""));
}

TEST_F(ModelVerbs, ImportsAClassifierAsADensePredictor) {
  const ZooEntry& lenet = FindModel("lenet");
  WriteSafetensors(Path("weights.safetensors"), RandomWeights(lenet.build(lenet.ports(10)), 3), {});
  const auto import = [&](std::vector<std::string> more) {
    std::vector<std::string> command = {"import", Path("weights.safetensors"), "--model", "lenet", "--json"};
    command.insert(command.end(), more.begin(), more.end());
    return Fcn(command);
  };
  EXPECT_EQ(Json(import({"--dense", "-o", Path("dense.safetensors")}))["parameters"], 431080);
  EXPECT_EQ(Json(Fcn({"verify", Path("dense.safetensors"), "--json"}))["passed"], true);
  const auto info = Json(Fcn({"info", Path("dense.safetensors"), "--size", "60x40", "--json"}));
  const auto& layers = info["layers"];
  EXPECT_EQ(layers[layers.size() - 2]["output"], (std::vector<int>{1, 4, 9, 10}));  // (side − 28) / 4 + 1
  EXPECT_EQ(layers.back()["output"], (std::vector<int>{1, 40, 60, 10}));
  EXPECT_EQ(info["weighted_layers"], 4);
  EXPECT_EQ(info["largest_stride"], 4);
  EXPECT_EQ(info["receptive_field"], 28);
  EXPECT_EQ(import({"--dense-size", "28x28", "-o", Path("other.safetensors")}).exit_code, 2);  // without --dense
  EXPECT_EQ(import({"--dense", "--dense-size", "29x99", "-o", Path("other.safetensors")}).exit_code, 1);
  EXPECT_THAT(import({"--dense", "--dense-size", "1000000x1000000", "-o", Path("other.safetensors")}).out,
              HasSubstr("--dense-size 1000000x1000000 is more than"));
}

TEST_F(ModelVerbs, NetworksByNameHaveTheFormThatIsAsked) {
  const auto layers = [](const nlohmann::json& info, const char* operation) {
    return std::ranges::count_if(info["layers"], [&](const auto& layer) { return layer["operation"] == operation; });
  };
  const auto info = Json(Fcn({"info", "fcn16s-vgg16-unpadded", "--upsampling", "learned", "--skip-scale", "0.01",
                              "--fc-channels", "8", "--json"}));
  EXPECT_EQ(layers(info, "Deconv2d"), 2);
  EXPECT_EQ(layers(info, "Resize"), 0);
  EXPECT_EQ(layers(info, "Scale"), 1);
  EXPECT_LT(info["parameters"], 20'000'000);
  const ProgramResult cubic = Fcn({"info", "fcn16s-vgg16-unpadded", "--upsampling", "cubic"});
  EXPECT_EQ(cubic.exit_code, 2);
  EXPECT_THAT(cubic.err, HasSubstr("usual, resize, bilinear, paper, learned"));

  Ports ports = 21;
  ports.form.fc_channels = 8;
  const std::string weights = Path("narrow.safetensors"), model = Path("model.safetensors");
  WriteSafetensors(weights, RandomWeights(FindModel("fcn32s-alexnet").build(ports), 3), {});
  const std::vector<std::string> import = {"import", weights, "--model", "fcn32s-alexnet", "-o", model};
  EXPECT_THAT(Fcn(import).err, HasSubstr("--fc-channels 8"));
  std::vector<std::string> narrow = import;
  narrow.insert(narrow.end(), {"--fc-channels", "8"});
  EXPECT_EQ(Fcn(narrow).exit_code, 0);
  const ProgramResult file = Fcn({"info", model, "--fc-channels", "8"});
  EXPECT_EQ(file.exit_code, 2);
  EXPECT_THAT(file.err, HasSubstr("has a form of its own"));
}

TEST_F(ModelVerbs, RefusesWeightsOfAnotherNetwork) {
  WriteSafetensors(Path("weights.safetensors"), RandomWeights(FindModel("efficientnet-lite0").build(1000), 3), {});
  const ProgramResult result =
      Fcn({"import", Path("weights.safetensors"), "--model", "vgg16", "-o", Path("out.safetensors")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("features.0.weight"));
  EXPECT_FALSE(std::filesystem::exists(Path("out.safetensors")));
}

TEST_F(ModelVerbs, VerifyFindsADamagedWeight) {
  const std::string model = ModelFile();
  EXPECT_EQ(Fcn({"verify", model}).exit_code, 0);
  std::vector<uint8_t> bytes = ReadFile(model);
  for (size_t i = bytes.size() - 4096; i < bytes.size(); i += 4) bytes[i + 3] ^= 0x40;  // of some weights' exponents
  WriteFile(model, bytes);
  const ProgramResult result = Fcn({"verify", model});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("WRONG"));
}

TEST_F(ModelVerbs, InfoTellsWhatIsKnownOfTheReferenceNetworks) {
  const auto vgg = Json(Fcn({"info", "fcn8s-vgg16", "--size", "500x500", "--json"}));
  // The figure of the published network at this size: 181 G multiply-adds.
  EXPECT_NEAR(vgg["multiply_adds"].get<double>() / 1e9, 181, 1);
  EXPECT_EQ(Json(Fcn({"info", "vgg16", "--json"}))["parameters"], 138357544);
  EXPECT_EQ(vgg["layers"].back()["scale"][0], 1);
  EXPECT_EQ(vgg["layers"].back()["offset"][0], 0);
  const auto fc6 = std::find_if(vgg["layers"].begin(), vgg["layers"].end(), [](auto& l) { return l["name"] == "fc6"; });
  ASSERT_NE(fc6, vgg["layers"].end());
  EXPECT_EQ((*fc6)["receptive_field"][0], 404);
  EXPECT_EQ((*fc6)["scale"][0], 32);
  EXPECT_THAT(Fcn({"info", "fcn8s-vgg16"}).out, HasSubstr("134.49 million parameters, 181.53 G multiply-adds"));
  EXPECT_THAT(
      Fcn({"info", "fcn32s-vgg16"}).out,
      HasSubstr("\nlongest path: 16 weighted layers; coarsest map: stride 32, receptive field 404; 134.35 million "
                "parameters without upsampling\n"));
  const auto training = Json(Fcn({"info", "fcn8s-vgg16", "--size", "500x500", "--train", "--json"}));
  EXPECT_EQ(training["planned_training_memory"]["weights"], vgg["parameters"].get<int64_t>() * 4);
  EXPECT_EQ(training["planned_training_memory"]["momentum"], vgg["parameters"].get<int64_t>() * 4);
  EXPECT_THAT(Fcn({"info"}).out, HasSubstr("fcn8s-efficientnet-lite0"));
  EXPECT_THAT(Fcn({"info", "vgg16", "--graph"}).out, HasSubstr("Conv2d"));
}

#ifndef FCN_SANITIZED  // sanitizers have memory of their own
TEST_F(ModelVerbs, PeakMemoryIsWhatWasPlanned) {
  struct Case {
    const char *model, *size;
    bool train = false;
  };
  for (const Case& c : {Case{"fcn8s-vgg16", "200x150"}, Case{"fcn32s-vgg16-unpadded", "320x240"},
                        Case{"fcn8s-efficientnet-lite0", "960x720"}, Case{"fcn8s-efficientnet-lite0", "640x480", true},
                        Case{"fcn8s-vgg16", "64x48", true}}) {
    std::vector<std::string> command = {"bench", "--model", c.model, "--size", c.size, "--runs", "1", "--json"};
    if (c.train) command.emplace_back("--train");
    const auto json = Json(Fcn(command));
    const double peak = json["peak_rss_mb"], planned = json["planned_peak_mb"];
    constexpr double kCodeAndStacks = 6;  // pages that a run is the first to touch
    EXPECT_NEAR(peak, planned + kCodeAndStacks / 2, 0.02 * planned + kCodeAndStacks / 2) << c.model;
  }
}
#endif

TEST_F(ModelVerbs, RefusesWhatWouldNotFit) {
  const std::vector<std::string> bench = {"bench",  "--model", "fcn32s-efficientnet-lite0", "--size", "192x160",
                                          "--runs", "1"};
  for (const bool train : {false, true}) {
    std::vector<std::string> command = bench;
    if (train) command.emplace_back("--train");
    command.insert(command.end(), {"--max-memory", "12.5MB"});
    const ProgramResult refused = Fcn(command);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("MB of memory; the limit is 12 MB"));
    EXPECT_THAT(refused.err, HasSubstr("--max-memory"));
    command.back() = "2g";
    EXPECT_EQ(Fcn(command).exit_code, 0);
  }
}

TEST_F(ModelVerbs, TheLimitIsThePlanThatInfoPrints) {
  const std::string model = ModelFile();
  const std::string picture = PictureFile("photo.png", 128, 96);
  const ProgramResult refused =
      Fcn({"segment", picture, "--model", model, "-o", Path("out"), "--max-memory", "5M", "--json"});
  EXPECT_EQ(refused.exit_code, 1);
  const auto error = nlohmann::json::parse(refused.out)["error"];
  EXPECT_EQ(error["code"], "memory");
  EXPECT_THAT(Files("out"), testing::IsEmpty());
  const auto info = Json(Fcn({"info", model, "--size", "128x96", "--json"}));
  const auto planned = std::to_string(info["planned_memory"]["peak"].get<int64_t>());
  EXPECT_EQ(Fcn({"segment", picture, "--model", model, "-o", Path("out"), "--max-memory", planned}).exit_code, 0);
}

TEST_F(ModelVerbs, TellsTheInstructionSetThatWasForced) {
  for (Isa isa : SupportedIsas()) {
    const auto json = Json(Fcn({"bench", "--model", "fcn32s-efficientnet-lite0", "--size", "32x32", "--runs", "1",
                                "--isa", IsaName(isa), "--json"}));
    EXPECT_EQ(json["isa"], IsaName(isa));
  }
}

}  // namespace
}  // namespace fcn::test
