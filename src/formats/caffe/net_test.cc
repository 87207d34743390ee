#include "formats/caffe/net.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fcn/files.h"
#include "formats/caffe/test_messages.h"
#include "formats/test_files.h"
#include "support/temporary_folder.h"

namespace fcn {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

CaffeNet Net(const std::string& text) { return ParseCaffeNet(text, "net.prototxt"); }

std::vector<std::string> NamesIn(const CaffeNet& net) {
  std::vector<std::string> names;
  names.reserve(net.layers.size());
  for (const CaffeLayer& layer : net.layers) names.push_back(layer.name);
  return names;
}

TEST(CaffeNet, ALayerIsReadWithItsLinesAndCaffesDefaults) {
  const CaffeNet net = Net(R"(name: "two" # of them
layer {
  name: "conv1"  type: 'Convolution'
  bottom: "data" top: "conv1"
  param { lr_mult: 0.5 name: "w" share_mode: PERMISSIVE }
  param { decay_mult: 0 }
  propagate_down: false
  convolution_param <
    num_output: 8, kernel_size: [3, 5];
    weight_filler { type: "xav" "ier" } >
}
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "a" bottom: "b" top: "l" loss_weight: 0.25 })");
  EXPECT_EQ(net.name, "two");
  ASSERT_THAT(NamesIn(net), ElementsAre("conv1", "loss"));
  const CaffeLayer& layer = net.layers[0];
  EXPECT_EQ(layer.type, "Convolution");
  EXPECT_EQ(layer.line, 2);
  EXPECT_EQ(layer.Described(), "layer \"conv1\" (Convolution, line 2)");
  EXPECT_THAT(layer.bottoms, ElementsAre("data"));
  EXPECT_THAT(layer.tops, ElementsAre("conv1"));
  ASSERT_EQ(layer.parameters.size(), 2u);
  EXPECT_EQ(layer.parameters[0].name, "w");
  EXPECT_TRUE(layer.parameters[0].permissive);
  EXPECT_EQ(layer.parameters[0].lr_mult, 0.5);
  EXPECT_EQ(layer.parameters[0].decay_mult, 1);
  EXPECT_EQ(layer.parameters[1].line, 6);
  EXPECT_EQ(layer.parameters[1].decay_mult, 0);
  EXPECT_THAT(layer.propagate_down, ElementsAre(false));
  EXPECT_THAT(net.layers[1].loss_weights, ElementsAre(0.25));

  const CaffeMessage convolution = layer.settings.Message("convolution_param");
  EXPECT_EQ(convolution.type(), "ConvolutionParameter");
  EXPECT_EQ(convolution.Integer("num_output"), 8);
  EXPECT_THAT(convolution.Numbers("kernel_size"), ElementsAre(3, 5));
  EXPECT_EQ(convolution.LineOf("kernel_size"), 9);
  EXPECT_TRUE(convolution.Flag("bias_term"));
  EXPECT_FALSE(convolution.Has("bias_term"));
  EXPECT_EQ(convolution.Integer("group"), 1);
  EXPECT_EQ(convolution.Text("engine"), "DEFAULT");
  EXPECT_EQ(convolution.Message("weight_filler").Text("type"), "xavier");
  EXPECT_EQ(convolution.Message("bias_filler").Text("type"), "constant");
  EXPECT_EQ(layer.settings.Message("batch_norm_param").Number("eps"), 1e-5f);
  EXPECT_EQ(layer.settings.Message("pooling_param").Text("pool"), "MAX");
  ExpectError(ErrorCode::kInternal, "", [&] { convolution.Integer("no_such_field"); });
  ExpectError(ErrorCode::kInternal, "", [&] { convolution.Text("num_output"); });
}

TEST(CaffeNet, WhatIsMalformedIsRefusedWithItsLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"layer {\n  name: \"a\"\n  top }", "net.prototxt, line 3: Expected"},
      {"\nlayer { convolution_param { pad: -1 } }", "line 2: Expected integer"},
      {"layer { convolution_param { num_output: 1\nnum_output: 2 } }", "specified multiple times"},
      {"layer {\n name: \"a\n }", "line 2: String literals cannot cross line boundaries"},
      {"layer {\n relu_param { negative_slope: \"x\" } }", "line 2: Expected double"},
      {"layer { include { phase: NOW } }", "line 1: Unknown enumeration value of \"NOW\""},
      {"layer { name: \"a\"", "Expected"},
      {"layer { convolution_param { num_output: 4294967296 } }", "Integer out of range"},
      {"input: \"a\"\ninput: \"b\"\ninput_dim: 1\ninput_dim: 2\ninput_dim: 3\ninput_dim: 4\nlayer {}",
       "line 3: 2 inputs, but the shapes of 1"},
      {"input: \"a\" input: \"b\" input_shape { dim: 1 } layer {}", "2 inputs, but the shapes of 1"},
      {"layer { name: \"a\" }\nlayers { name: \"b\" }", "`layers` (line 2) and `layer` (line 1)"},
      {"name: \"nothing\"", "network without layers"},
      {"", "network without layers"},
      {"base_lr: 0.1\nlr_policy: \"fixed\"", "is a solver"},
  };
  for (const auto& [text, part] : cases) ExpectError(ErrorCode::kInput, part, [&] { Net(text); });
}

TEST(CaffeNet, TheSecondGenerationIsUpgraded) {
  const CaffeNet today = Net(R"(
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { mirror: true crop_size: 227 mean_file: "m.binaryproto" scale: 0.5 }
  data_param { source: "db" batch_size: 64 backend: LMDB } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  param { name: "w" share_mode: PERMISSIVE lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 96 kernel_size: 11 stride: 4 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "conv" bottom: "label" loss_weight: 0.3 })");
  const CaffeNet old = Net(R"(
layers { name: "data" type: DATA top: "data" top: "label" include: { phase: TRAIN }
  data_param { source: "db" batch_size: 64 backend: LMDB mirror: true crop_size: 227 mean_file: "m.binaryproto" scale: 0.5 } }
layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" param: "w" blob_share_mode: PERMISSIVE
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  convolution_param { num_output: 96 kernel_size: 11 stride: 4 } }
layers { name: "loss" type: SOFTMAX_LOSS bottom: "conv" bottom: "label" loss_weight: 0.3 })");
  EXPECT_THAT(TextsOf(old), ElementsAreArray(TextsOf(today)));
  EXPECT_EQ(old.layers[1].line, 4);
  EXPECT_EQ(old.layers[1].settings.Message("param", 1).LineOf("lr_mult"), 5);
  // Every type of the second generation has a name of today.
  const std::pair<const char*, const char*> types[] = {
      {"NONE", ""},   {"RELU", "ReLU"},     {"HDF5_DATA", "HDF5Data"}, {"TANH", "TanH"},
      {"MVN", "MVN"}, {"ARGMAX", "ArgMax"}, {"SILENCE", "Silence"}};
  for (const auto& [from, to] : types) EXPECT_EQ(Net("layers { type: " + std::string(from) + " }").layers[0].type, to);
}

TEST(CaffeNet, TheFirstGenerationIsUpgraded) {
  const CaffeNet today = Net(R"(
layer { name: "data" type: "Data" top: "data" top: "label"
  transform_param { mean_file: "m" crop_size: 227 mirror: true scale: 0.25 } data_param { source: "db" batch_size: 5 } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 }
  convolution_param { num_output: 96 kernel_size: 5 group: 2 stride: 2 pad: 2 bias_term: false
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { value: 1 } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "norm" type: "LRN" bottom: "pool" top: "norm" lrn_param { local_size: 3 alpha: 0.1 beta: 0.5 } }
layer { name: "drop" type: "Dropout" bottom: "norm" top: "norm" dropout_param { dropout_ratio: 0.1 } }
layer { name: "fc" type: "InnerProduct" bottom: "norm" top: "fc" inner_product_param { num_output: 10 } }
layer { name: "cat" type: "Concat" bottom: "fc" bottom: "fc" top: "cat" concat_param { concat_dim: 0 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "cat" bottom: "label" })");
  const CaffeNet old = Net(R"(
layers { layer { name: "data" type: "data" source: "db" batchsize: 5 meanfile: "m" cropsize: 227 mirror: true scale: 0.25 }
  top: "data" top: "label" }
layers { layer { name: "pad" type: "padding" pad: 2 } bottom: "data" top: "padded" }
layers { layer { name: "conv" type: "conv" num_output: 96 kernelsize: 5 group: 2 stride: 2 biasterm: false
  weight_filler { type: "gaussian" std: 0.01 } bias_filler { value: 1 } blobs_lr: 1 blobs_lr: 2 weight_decay: 1 }
  bottom: "padded" top: "conv" }
layers { layer { name: "relu" type: "relu" num_output: 7 } bottom: "conv" top: "conv" }
layers { layer { name: "pad2" type: "padding" pad: 1 } bottom: "conv" top: "padded2" }
layers { layer { name: "pool" type: "pool" kernelsize: 3 stride: 2 pool: AVE } bottom: "padded2" top: "pool" }
layers { layer { name: "norm" type: "lrn" local_size: 3 alpha: 0.1 beta: 0.5 } bottom: "pool" top: "norm" }
layers { layer { name: "drop" type: "dropout" dropout_ratio: 0.1 } bottom: "norm" top: "norm" }
layers { layer { name: "fc" type: "innerproduct" num_output: 10 } bottom: "norm" top: "fc" }
layers { layer { name: "cat" type: "concat" concat_dim: 0 } bottom: "fc" bottom: "fc" top: "cat" }
layers { layer { name: "loss" type: "softmax_loss" } bottom: "cat" bottom: "label" })");
  EXPECT_THAT(TextsOf(old), ElementsAreArray(TextsOf(today)));
  EXPECT_EQ(old.layers[1].settings.Message("convolution_param").LineOf("pad"), 4);
  EXPECT_EQ(Net("layers { layer { type: 'images' new_height: 3 shuffle_images: true } }").layers[0].type, "ImageData");
  EXPECT_EQ(Net("layers { layer { type: 'mine' } }").layers[0].type, "mine");

  const std::string pad = "layers { layer { type: \"padding\" pad: 2 } bottom: \"a\" top: \"b\" }\n";
  ExpectError(ErrorCode::kInput, "line 2: a padding layer leads to a layer of type \"relu\"",
              [&] { Net(pad + "layers { layer { type: \"relu\" } bottom: \"b\" top: \"c\" }"); });
  ExpectError(ErrorCode::kInput, "one bottom each",
              [&] { Net(pad + "layers { layer { type: \"conv\" } bottom: \"b\" bottom: \"a\" top: \"c\" }"); });
  ExpectError(ErrorCode::kInput, "line 2: a layer without a `layer` of its own",
              [&] { Net(pad + "layers { type: RELU bottom: \"a\" top: \"c\" }"); });
}

TEST(CaffeNet, InputsOfTheNetBecomeALayer) {
  const std::string layer = "layer { name: \"relu\" type: \"ReLU\" bottom: \"data\" top: \"data\" }";
  const std::string input =
      "layer { name: \"input\" type: \"Input\" top: \"data\" top: \"depth\" input_param {"
      "shape { dim: 1 dim: 3 dim: 5 dim: 7 } shape { dim: 2 dim: 1 dim: 5 dim: 7 } } }";
  const CaffeNet today = Net(input + layer);
  const CaffeNet dims =
      Net("input: \"data\" input: \"depth\" input_dim: 1 input_dim: 3 input_dim: 5 input_dim: 7 "
          "input_dim: 2 input_dim: 1 input_dim: 5 input_dim: 7 " +
          layer);
  EXPECT_THAT(TextsOf(dims), ElementsAreArray(TextsOf(today)));
  const CaffeNet shapes = Net(layer +
                              "\ninput: \"data\" input: \"depth\" input_shape { dim: [1, 3, 5, 7] }"
                              " input_shape { dim: 2 dim: 1 dim: 5 dim: 7 } input_dim: 9");
  EXPECT_THAT(TextsOf(shapes), ElementsAreArray(TextsOf(today)));
  EXPECT_EQ(shapes.layers[0].line, 2);
  // Without sizes, as trained weights have them, they are left out.
  EXPECT_THAT(NamesIn(Net("input: \"data\" " + layer)), ElementsAre("relu"));
}

TEST(CaffeNet, BatchNormsWithThreeParametersDoNotLearnThem) {
  const std::string two = "param { lr_mult: 3 } param { name: \"v\" lr_mult: 2 decay_mult: 4 }";
  const auto rates = [](const CaffeNet& net) {
    std::vector<double> found;
    for (const CaffeParameter& parameter : net.layers[0].parameters) {
      found.push_back(parameter.lr_mult);
      found.push_back(parameter.decay_mult);
    }
    return found;
  };
  EXPECT_THAT(rates(Net("layer { type: \"BatchNorm\" " + two + " param {} }")), ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_THAT(rates(Net("layer { type: \"BatchNorm\" " + two + " }")), ElementsAre(3, 1, 2, 4));
  EXPECT_THAT(rates(Net("layer { type: \"Scale\" " + two + " param {} }")), ElementsAre(3, 1, 2, 4, 1, 1));
}

TEST(CaffeNet, RulesChooseLayers) {
  const std::pair<const char*, const char*> rules[] = {
      {"train", "include { phase: TRAIN }"},
      {"test", "include { phase: TEST }"},
      {"not_test", "exclude { phase: TEST }"},
      {"from_2", "include { min_level: 2 }"},
      {"to_1", "include { max_level: 1 }"},
      {"deploy", "include { stage: 'deploy' }"},
      {"both", "include { stage: 'deploy' stage: 'val' }"},
      {"either", "include { stage: 'deploy' } include { stage: 'val' }"},
      {"not_deploy", "include { not_stage: 'deploy' }"},
      {"neither", "exclude { stage: 'deploy' } exclude { stage: 'val' }"},
      {"always", ""},
  };
  std::string text;
  for (const auto& [name, rule] : rules) text += "layer { name: '" + std::string(name) + "' " + rule + " }\n";
  const CaffeNet net = Net(text);
  const auto chosen = [&](const CaffeState& state) { return NamesIn(LayersInState(net, state)); };
  EXPECT_THAT(chosen({.phase = CaffePhase::kTrain, .level = 0, .stages = {}}),
              ElementsAre("train", "not_test", "to_1", "not_deploy", "neither", "always"));
  EXPECT_THAT(chosen({.phase = CaffePhase::kTest, .level = 2, .stages = {"val"}}),
              ElementsAre("test", "from_2", "either", "not_deploy", "always"));
  EXPECT_THAT(chosen({.phase = CaffePhase::kTest, .level = 0, .stages = {"deploy", "val"}}),
              ElementsAre("test", "to_1", "deploy", "both", "either", "always"));
  ExpectError(ErrorCode::kInput, "layer \"x\" (without a type, line 1) has include and exclude rules",
              [] { LayersInState(Net("layer { name: 'x' include { phase: TEST } exclude { phase: TRAIN } }"), {}); });

  const CaffeNet with_state = Net("state { level: 3 stage: 'a' } layer {}");
  CaffeMessage solvers("NetState");
  CaffeValue phase;
  phase.text = "TEST";
  solvers.Add("phase", phase);
  const CaffeState state = CaffeStateOf(CaffePhase::kTrain, {with_state.state, solvers});
  EXPECT_EQ(state.phase, CaffePhase::kTest);
  EXPECT_EQ(state.level, 3);
  EXPECT_THAT(state.stages, ElementsAre("a"));
}

TEST(CaffeNet, FieldsThatAreNotKnownAreKeptByName) {
  const CaffeNet net = Net(R"(mine: 1
layer { name: "a" type: "Interp" interp_param { zoom { by: [1, {x: 2}] } }
  convolution_param { num_output: 3
    blobs_lr: 1 } }
layer { name: "b" type: "ReLU" }
layer { name: "c" [some.extension] { x: 1 } loss_param { normalization: PRE_FIXED } convolution_param { engine: MKLDNN } })");
  ASSERT_EQ(net.layers.size(), 3u);
  ExpectError(ErrorCode::kUnsupported, "net.prototxt, line 1: the network has a field \"mine\"",
              [&] { RefuseUnknownFields(net); });
  ExpectError(ErrorCode::kUnsupported,
              "net.prototxt, line 2: layer \"a\" (Interp, line 2) has a field \"interp_param\" that is not known",
              [&] { RefuseUnknownFields(net, net.layers[0]); });
  EXPECT_EQ(net.layers[0].settings.Message("convolution_param").unknown()[0].name, "blobs_lr");
  EXPECT_EQ(net.layers[0].settings.Message("convolution_param").unknown()[0].line, 4);
  EXPECT_NO_THROW(RefuseUnknownFields(net, net.layers[1]));
  ExpectError(ErrorCode::kUnsupported, "a field \"some.extension\" that is not known",
              [&] { RefuseUnknownFields(net, net.layers[2]); });
  ASSERT_EQ(net.layers[2].settings.Message("loss_param").unknown().size(), 1u);
  EXPECT_EQ(net.layers[2].settings.Message("loss_param").unknown()[0].name, "normalization: PRE_FIXED");
  EXPECT_THAT(net.layers[2].settings.Message("convolution_param").unknown(), IsEmpty());  // engines change no answer
}

TEST(CaffeNet, WordsOfOtherVersionsAreRead) {
  // The type of the oldest FCN files, which Caffe itself never had.
  const CaffeNet net = Net("layers { type: CROP name: 'crop' bottom: 'a' bottom: 'b' top: 'c' } layers { type: RELU }");
  EXPECT_EQ(net.layers[0].type, "CROP");
  EXPECT_EQ(net.layers[1].type, "ReLU");
  const CaffeNet deeplab =
      Net("layer { convolution_param { hole: 2 } } layer { pooling_param { ceil_mode: false } }"
          "layer { pooling_param { ceil_mode: true } }");
  EXPECT_THAT(deeplab.layers[0].settings.Message("convolution_param").Numbers("dilation"), ElementsAre(2));
  EXPECT_EQ(deeplab.layers[1].settings.Message("pooling_param").Text("round_mode"), "FLOOR");
  EXPECT_EQ(deeplab.layers[2].settings.Message("pooling_param").Text("round_mode"), "CEIL");
}

TEST(CaffeNet, WhatIsOutOfBoundsIsRefused) {
  const auto repeated = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; i++) all += text;
    return all;
  };
  ExpectError(ErrorCode::kInput, "a prototxt has at most 4194304",
              [&] { Net(repeated("layer { name: \"a long name\" }\n", 150'000)); });
  ExpectError(ErrorCode::kInput, "more than 100000 messages", [&] { Net(repeated("layer{}", 100'001)); });
  ExpectError(ErrorCode::kInput, "too deep", [&] { Net(repeated("net_param{", 99'000)); });
  ExpectError(ErrorCode::kInput, "too deep", [&] { Net("layer{mine:" + repeated("[", 4'000'000)); });
  ExpectError(ErrorCode::kInput, "line 2: Too many fields", [&] { Net("\n" + repeated("x: 1 ", 10'002)); });
  ExpectError(ErrorCode::kInput, "more than 300000 values", [&] { Net(repeated("input_dim:1 ", 300'001)); });
  // Too many words that no enumeration has are no reason to make another schema.
  std::string words;
  for (int i = 0; i < 200; i++) words += "layers { type: W" + std::to_string(i) + " }";
  ExpectError(ErrorCode::kInput, "Unknown enumeration value of \"W0\"", [&] { Net(words); });
}

TEST(CaffeNet, FilesOfOtherKindsAreNamed) {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::string& content, ErrorCode code, const char* part) {
    WriteFile(folder / "net.prototxt", content);
    ExpectError(code, part, [&] { ReadCaffeNet(folder / "net.prototxt"); });
  };
  refused("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", ErrorCode::kUnsupported, "Git LFS pointer");
  refused("<!DOCTYPE html><html>", ErrorCode::kUnsupported, "web page");
  refused("\x89HDF\r\n\x1a\n" + std::string(300, '\0'), ErrorCode::kUnsupported, "HDF5");
  refused(CaffeBytes(1, "net") + CaffeBinaryLayer("a", "ReLU", {}), ErrorCode::kUnsupported, "a Caffe model");
  refused("{\"a\": 1}", ErrorCode::kUnsupported, "JSON");
  refused(std::string("\xff\xfel\0a\0", 6), ErrorCode::kInput, "line 1");
  ExpectError(ErrorCode::kIo, "missing.prototxt", [&] { ReadCaffeNet(folder / "missing.prototxt"); });
  WriteFile(folder / "net.prototxt", "\xef\xbb\xbf# a comment\r\n\r\nlayer {\r\n  name: \"a\"\r\n}\r\n");
  const CaffeNet net = ReadCaffeNet(folder / "net.prototxt");
  EXPECT_EQ(net.layers.at(0).line, 3);
  EXPECT_EQ(net.file, (folder / "net.prototxt").string());
}

}  // namespace
}  // namespace fcn
