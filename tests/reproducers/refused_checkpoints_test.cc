// Real checkpoints whose weights fit are taken, and those that do not fit are answered with what they have. Reported in
// public as refused or silently ignored weights: torch.compile's and DataParallel's prefixes (pytorch-image-models
// 2003, pytorch 101107), training scripts that save their arguments (torchvision), other names for the same network
// (pytorch-fcn 81, 131, 145).
//
// What was looked at for more of the kind:
// - prefixes: any, in any order, by what fits, in both torch forms and safetensors; wrappers in the middle of a name
//   (only a backbone compiled); dicts under any key, dicts in dicts, lists and tuples; averages beside plain weights
// - values beside the weights: everything that a pickle can hold; arguments, NumPy's scalars and arrays, dates, paths,
//   enumerations, dicts and lists of other classes, tensors of classes of their own, quantised, complex and expanded
//   ones
// - files that are no weights, by name: in src/formats/weights_test.cc
// - fcn's own models and checkpoints
// - names of other implementations: in foreign_names_test.cc

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "fcn/error.h"
#include "formats/safetensors.h"
#include "formats/weights.h"
#include "reproducers/imports.h"
#include "reproducers/torch_files.h"
#include "support/program_fixture.h"
#include "train/checkpoint.h"
#include "train/config.h"
#include "train/start.h"

namespace fcn {
namespace {

using pickle::Code;
using pickle::Dict;
using pickle::String;
using test::Behind;
using test::ExpectSame;
using test::Renamed;
using test::Source;
using test::TorchFile;
using test::TorchForm;
using test::WeightsOf;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kNetwork = "fcn32s-efficientnet-lite0";

std::string MessageOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

class RefusedCheckpoints : public test::ProgramTest {
 protected:
  RefusedCheckpoints() : plain_(ImportWeights(FindModel(kNetwork), Source(weights_)).model) {}

  /// What is imported from a file of these bytes.
  Imported Import(const std::string& bytes, const ImportOptions& options = {}) const {
    WriteFile(folder_ / "weights", bytes);
    return ImportWeights(FindModel(kNetwork), ReadImportSource(folder_ / "weights"), options);
  }

  const NamedTensors weights_ = WeightsOf(kNetwork, 3);
  const ModelContents plain_;
};

TEST_F(RefusedCheckpoints, PrefixesAreFoundInAllFormats) {
  for (const char* prefix :
       {"", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "module.module.", "model.", "net.",
        "network.", "model._orig_mod.", "ema.", "_forward_module.module.", "segmenter.net_2.", "backbone."}) {
    SCOPED_TRACE(prefix);
    for (const TorchForm form : {TorchForm::kZip, TorchForm::kLegacy}) {
      TorchFile file(form);
      const Imported imported = Import(file.Bytes(file.StateDict(weights_, prefix)));
      ExpectSame(imported.model, plain_);
      EXPECT_EQ(imported.report.prefix, prefix);
      EXPECT_THAT(imported.report.notes, IsEmpty());
    }
    WriteSafetensors(folder_ / "w.safetensors", Behind(prefix, weights_));
    const Imported imported = ImportWeights(FindModel(kNetwork), ReadImportSource(folder_ / "w.safetensors"));
    ExpectSame(imported.model, plain_);
    EXPECT_EQ(imported.report.prefix, prefix);
  }
}

TEST_F(RefusedCheckpoints, WrappersInTheMiddleOfANameAreLookedThrough) {
  const NamedTensors compiled = Renamed(weights_, [](const std::string& name) {
    return name.starts_with("backbone.") ? "model.backbone._orig_mod.module." + name.substr(9) : "model." + name;
  });
  const Imported imported = ImportWeights(FindModel(kNetwork), Source(compiled));
  ExpectSame(imported.model, plain_);
  EXPECT_EQ(imported.report.prefix, "model.");
}

TEST_F(RefusedCheckpoints, DictsUnderAnyKey) {
  for (const char* key : {"state_dict", "model_state_dict", "model", "net", "model_state", "weights", "params",
                          "model_ema", "ema", "state_dict_ema", "ema_state_dict", "what I called it"}) {
    SCOPED_TRACE(key);
    TorchFile file(TorchForm::kLegacy);
    const Code state = file.StateDict(weights_, "module._orig_mod.");
    const Code epoch = pickle::Int(3);
    ExpectSame(Import(file.Bytes(Dict({{String("epoch"), epoch}, {String(key), state}}))).model, plain_);
  }
  TorchFile file(TorchForm::kZip);
  const Code nested = Dict({{String("model"), Dict({{String("state_dict"), file.StateDict(weights_)}})}});
  ExpectSame(Import(file.Bytes(nested)).model, plain_);
  TorchFile pair(TorchForm::kZip);
  const Code tuple = pickle::Tuple({pair.StateDict(weights_), pickle::Int(3)});
  ExpectSame(Import(pair.Bytes(tuple)).model, plain_);
}

TEST_F(RefusedCheckpoints, PlainWeightsComeBeforeTheirAverage) {
  const NamedTensors other = RandomWeights(FindModel(kNetwork).build(3), 2);
  const ModelContents averaged = ImportWeights(FindModel(kNetwork), Source(other)).model;
  for (const auto& [plain, average] :
       {std::pair("model", "model_ema"), {"state_dict", "state_dict_ema"}, {"net", "ema"}, {"weights", "swa"}}) {
    TorchFile file(TorchForm::kLegacy);
    // AveragedModel counts what it has seen.
    const Code state = file.StateDict(weights_), ema = file.StateDict(other, "module.");
    const std::string bytes = file.Bytes(Dict({{String(average), ema}, {String(plain), state}}));
    const Imported imported = Import(bytes);
    ExpectSame(imported.model, plain_);
    EXPECT_THAT(imported.report.notes,
                ElementsAre(AllOf(HasSubstr("2 times"), HasSubstr(average), HasSubstr("--prefix"))));
    ImportOptions options;
    options.prefix = std::string(average) + ".module";
    ExpectSame(Import(bytes, options).model, averaged);
    options.prefix = "nothing";
    EXPECT_THROW(Import(bytes, options), Error);
  }
  NamedTensors counted = Behind("module.", weights_);
  counted["n_averaged"] = {DType::kInt64, {}, {}, nullptr};
  const Imported imported = ImportWeights(FindModel(kNetwork), Source(counted));
  ExpectSame(imported.model, plain_);
  EXPECT_THAT(imported.report.ignored, ElementsAre("n_averaged"));
}

TEST_F(RefusedCheckpoints, WhatTrainingScriptsSaveBesideIsPassedOver) {
  const Code arguments = pickle::Global("argparse", "Namespace") + ")\x81" + Dict({{String("lr"), "N"}}) + "b";
  const auto scalar = [](const char* module) {
    return pickle::Call(pickle::Global(module, "scalar"),
                        {pickle::Call(pickle::Global("numpy", "dtype"), {String("f8"), "\x89", "\x88"}), "C\x01x"});
  };
  const Code path = pickle::Call(pickle::Global("pathlib", "PosixPath"), {String("run")});
  const Code dangerous = pickle::Call(pickle::Global("os", "system"), {String("touch " + Path("pwned"))});
  for (const TorchForm form : {TorchForm::kZip, TorchForm::kLegacy}) {
    TorchFile file(form);
    const Code state = file.StateDict(weights_);
    const Imported imported = Import(file.Bytes(Dict({{String("args"), arguments},
                                                      {String("best"), scalar("numpy.core.multiarray")},
                                                      {String("mean"), scalar("numpy._core.multiarray")},
                                                      {String("path"), path},
                                                      {String("bad"), dangerous},
                                                      {String("state_dict"), state}})));
    ExpectSame(imported.model, plain_);
    EXPECT_THAT(imported.report.notes, ElementsAre(AllOf(HasSubstr("argparse.Namespace"), HasSubstr("os.system"))));
  }
  EXPECT_FALSE(std::filesystem::exists(Path("pwned")));
}

TEST_F(RefusedCheckpoints, FilesOfTheProgram) {
  TorchFile file(TorchForm::kZip);
  WriteFile(folder_ / "w.pth", file.Bytes(Dict({{String("model"), file.StateDict(weights_, "module._orig_mod.")}})));
  WriteSafetensors(folder_ / "plain.safetensors", weights_);
  const auto import = [&](const char* weights, const char* model) {
    return Fcn({"import", Path(weights), "--model", kNetwork, "-o", Path(model)});
  };
  const test::ProgramResult result = import("w.pth", "a.safetensors");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("names without their prefix \"model.module._orig_mod.\""));
  EXPECT_EQ(import("plain.safetensors", "b.safetensors").exit_code, 0);
  EXPECT_TRUE(ReadFile(Path("a.safetensors")) == ReadFile(Path("b.safetensors")));
  // fcn's own models are weights too.
  EXPECT_EQ(import("b.safetensors", "c.safetensors").exit_code, 0);
  EXPECT_TRUE(ReadFile(Path("b.safetensors")) == ReadFile(Path("c.safetensors")));
}

// What does not fit.

TEST_F(RefusedCheckpoints, TheMessageSaysWhatTheFileHas) {
  const ZooEntry& entry = FindModel(kNetwork);
  const auto message = [&](const NamedTensors& tensors, const char* network = kNetwork) {
    return MessageOf([&] { ImportWeights(FindModel(network), Source(tensors)); });
  };
  NamedTensors lacking = Behind("model.", weights_);
  lacking.erase("model.backbone._conv_stem.weight");
  lacking["model.backbone.stem.weight"] = weights_.at("backbone._conv_stem.weight");
  EXPECT_THAT(
      message(lacking),
      AllOf(HasSubstr("w.pth as fcn32s-efficientnet-lite0"), HasSubstr("1 missing (\"backbone._conv_stem.weight\")"),
            HasSubstr(fmt::format("the file has {} tensors, {} of them the network's behind \"model.\"", lacking.size(),
                                  lacking.size() - 1)),
            HasSubstr("\"model.backbone.stem.weight\" 32x3x3x3")));
  NamedTensors shaped = weights_;
  shaped.at("backbone._conv_stem.weight").shape = Shape{3, 32, 3, 3};
  EXPECT_THAT(message(shaped),
              HasSubstr("1 of another shape (\"backbone._conv_stem.weight\" is 3x32x3x3, not 32x3x3x3)"));
  // Another network of the zoo, by names and shapes.
  EXPECT_THAT(message(weights_, "fcn8s-vgg16"), HasSubstr("They fit fcn32s-efficientnet-lite0: --model fcn32s-eff"));
  EXPECT_THAT(message(Behind("net.", WeightsOf("resnet50", 1000)), "resnet101"), HasSubstr("They fit resnet50"));
  EXPECT_THAT(message(WeightsOf("efficientnet-lite0", 1000), "resnet50"), HasSubstr("They fit efficientnet-lite0:"));
  // Nothing that is known.
  const NamedTensors unknown = {{"encoder.a", weights_.begin()->second}, {"encoder.b", weights_.begin()->second}};
  EXPECT_THAT(message(unknown), AllOf(HasSubstr("none of its names is there"), HasSubstr("\"encoder.a\""),
                                      HasSubstr("2 begin with \"encoder.\""), HasSubstr("No network that is known")));
  EXPECT_THAT(MessageOf([&] { ImportWeights(entry, Source(unknown, "U\x1bNet")); }),
              HasSubstr(R"(calls its network "U\x1bNet")"));
  EXPECT_THAT(message({}), HasSubstr("the file has 0 tensors"));
}

TEST_F(RefusedCheckpoints, WeightsThatAreNoNumbersAreNamed) {
  for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    NamedTensors broken = weights_;
    std::vector<float> values = broken.at("backbone._bn0.bias").ToFloats();
    values[5] = values[7] = value;
    broken["backbone._bn0.bias"] = StoredTensor::FromFloats({32}, values);
    WriteSafetensors(folder_ / "w.safetensors", Behind("module.", broken));
    const test::ProgramResult result =
        Fcn({"import", Path("w.safetensors"), "--model", kNetwork, "-o", Path("out.safetensors")});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, AllOf(HasSubstr("w.safetensors: 2 of the 32 elements of \"module.backbone._bn0.bias\" are "
                                            "infinite or no number, the first at 5"),
                                  Not(HasSubstr("damaged"))));
    EXPECT_FALSE(std::filesystem::exists(Path("out.safetensors")));
  }
  // Too large for float32, and where it is not used.
  NamedTensors wide = weights_;
  const double huge = 1e300;
  std::vector<uint8_t> bytes(3 * sizeof(double));
  for (size_t i = 0; i < 3; i++) std::memcpy(bytes.data() + i * sizeof(double), &huge, sizeof(double));
  wide["score32.bias"] = {DType::kFloat64, {3}, bytes, nullptr};
  EXPECT_THAT(MessageOf([&] { ImportWeights(FindModel(kNetwork), Source(wide)); }), HasSubstr("3 of the 3 elements"));
  wide["other"] = wide.at("score32.bias");
  wide["score32.bias"] = weights_.at("score32.bias");
  EXPECT_NO_THROW(ImportWeights(FindModel(kNetwork), Source(wide)));
}

TEST_F(RefusedCheckpoints, CaffeModelsWithoutWeightsAreNamed) {
  WriteFile(folder_ / "fcn8s.caffemodel", std::string("\x0a\x05"
                                                      "FCN8s\xa2\x06\x0b\x0a\x04"
                                                      "data\x12\x03xyz"));
  const test::ProgramResult result =
      Fcn({"import", Path("fcn8s.caffemodel"), "--model", "fcn8s-vgg16", "-o", Path("out.safetensors")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("fcn8s.caffemodel: seems to be a Caffe model, but has no weights"));
}

// What fcn wrote itself.

TEST_F(RefusedCheckpoints, ModelsKeepWhatTheySayOfThemselves) {
  ModelContents model = plain_;
  model.head().classes = {"floor", "part", "scratch"};
  model.head().palette = {{0, 0, 0}, {1, 2, 3}, {4, 5, 6}};
  model.input().preprocessing = PreprocessingFromText("bgr:101,102,103:4");
  model.metadata = {{"note", "kept"}};
  SaveModel(folder_ / "m.safetensors", model);
  const Imported again = ImportWeights(FindModel(kNetwork), ReadImportSource(folder_ / "m.safetensors"));
  ExpectSame(again.model, model);
  EXPECT_THAT(again.report.preprocessing, HasSubstr("the file's own"));
  const test::ProgramResult other =
      Fcn({"import", Path("m.safetensors"), "--model", "fcn16s-efficientnet-lite0", "-o", Path("out.safetensors")});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("is of the network fcn32s-efficientnet-lite0, not fcn16s-efficientnet-lite0"));
}

TEST_F(RefusedCheckpoints, CheckpointsOfATraining) {
  TrainConfig config;
  config.classes = {"a", "b", "c"};
  config.palette = {{0, 0, 0}, {1, 2, 3}, {4, 5, 6}};
  config.preprocessing = "unit";
  Checkpoint checkpoint;
  checkpoint.network = kNetwork;
  checkpoint.config = ToToml(config);
  checkpoint.weights = weights_;
  SaveCheckpoint(folder_ / "latest.checkpoint", checkpoint);
  ModelContents wanted = plain_;
  wanted.head().classes = config.classes, wanted.head().palette = config.palette;
  wanted.input().preprocessing = PreprocessingFromText("unit");
  ExpectSame(ImportWeights(FindModel(kNetwork), ReadStart(folder_ / "latest.checkpoint", true)).model, wanted);
  // With a moving average: that is what the training's models are.
  checkpoint.states["ema"] = RandomWeights(FindModel(kNetwork).build(3), 2);
  SaveCheckpoint(folder_ / "latest.checkpoint", checkpoint);
  wanted.weights = checkpoint.states["ema"];
  const Imported averaged = ImportWeights(FindModel(kNetwork), ReadStart(folder_ / "latest.checkpoint", true));
  ExpectSame(averaged.model, wanted);
  EXPECT_THAT(averaged.report.notes, ElementsAre(HasSubstr("moving average was taken")));
  EXPECT_EQ(Fcn({"import", Path("latest.checkpoint"), "--model", kNetwork, "-o", Path("out.safetensors")}).exit_code,
            0);
}

}  // namespace
}  // namespace fcn
