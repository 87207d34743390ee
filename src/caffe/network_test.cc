#include "caffe/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include "caffe/import.h"
#include "graph/classifier.h"
#include "graph/coordinates.h"
#include "graph/shapes.h"
#include "graph/text.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::ElementsAre;
using testing::HasSubstr;

std::string NetText(const std::string& name) {
  std::ifstream file(std::string(FCN_CAFFE_NETS) + "/" + name + ".prototxt");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

CaffeNetwork NetworkOf(const std::string& text, const CaffeNetOptions& options = {}) {
  return NetworkOfCaffe(ParseCaffeNet(text, "net.prototxt"), options);
}

/// A net for pictures of 3x8x8, with these layers.
std::string Picture(const std::string& layers) {
  return "layer { name: \"data\" type: \"Input\" top: \"data\"\n"
         "  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }\n" +
         layers;
}

std::vector<std::string> InputNames(const CaffeNetwork& network) {
  std::vector<std::string> names;
  for (const ValueId id : network.graph->inputs()) names.push_back(network.graph->value(id).name);
  return names;
}

std::vector<std::string> OutputNames(const CaffeNetwork& network) {
  std::vector<std::string> names;
  for (const ValueId id : network.graph->outputs()) names.push_back(network.graph->value(id).name);
  return names;
}

struct FcnOfRelease {
  const char* name;
  std::vector<std::string> inputs, outputs;
  std::vector<int> channels;  // of the outputs
};

class ReleaseNets : public testing::TestWithParam<FcnOfRelease> {};

TEST_P(ReleaseNets, GiveScoresAtThePicturesSizeWithTheCropsOfThePlaces) {
  const CaffeNetwork network = NetworkOf(NetText(GetParam().name));
  EXPECT_EQ(InputNames(network), GetParam().inputs);
  EXPECT_EQ(OutputNames(network), GetParam().outputs);
  const Graph& graph = *network.graph;
  std::vector<Nhwc> inputs;
  for (const ValueId id : graph.inputs()) inputs.push_back({1, 375, 500, graph.value(id).channels});
  const ByValue<Nhwc> shapes = InferShapes(graph, inputs);
  for (size_t i = 0; i < graph.outputs().size(); i++)
    EXPECT_EQ(shapes[graph.outputs()[i]], (Nhwc{1, 375, 500, GetParam().channels[i]}));
  // What the net says is where the pixels lie.
  const ByValue<CoordinateMap> maps = InferCoordinates(graph, shapes);
  int crops = 0;
  for (const Node& node : graph.nodes())
    if (const auto* crop = std::get_if<Crop>(&node.op)) {
      crops++;
      EXPECT_EQ(CropOffsetOf(maps[node.inputs[0]], maps[node.inputs[1]]),
                (CropOffset{.top = crop->at.h, .left = crop->at.w}));
    }
  EXPECT_GE(crops, 1);
}

INSTANTIATE_TEST_SUITE_P(All, ReleaseNets,
                         testing::Values(FcnOfRelease{"voc-fcn32s", {"data"}, {"score"}, {21}},
                                         FcnOfRelease{"voc-fcn16s", {"data"}, {"score"}, {21}},
                                         FcnOfRelease{"voc-fcn8s", {"data"}, {"score"}, {21}},
                                         FcnOfRelease{"voc-fcn8s-val", {"data"}, {"score"}, {21}},
                                         FcnOfRelease{"voc-fcn8s-deploy", {"data"}, {"score"}, {21}},
                                         FcnOfRelease{"voc-fcn8s-atonce", {"data"}, {"score"}, {21}},
                                         FcnOfRelease{"voc-fcn-alexnet", {"data"}, {"score"}, {21}},
                                         FcnOfRelease{"nyud-fcn32s-color", {"data"}, {"score"}, {40}},
                                         FcnOfRelease{"nyud-fcn32s-hha", {"data"}, {"score"}, {40}},
                                         FcnOfRelease{"nyud-fcn32s-color-d", {"color", "depth"}, {"score"}, {40}},
                                         FcnOfRelease{"nyud-fcn32s-color-hha", {"color", "hha"}, {"score"}, {40}},
                                         FcnOfRelease{"siftflow-fcn32s", {"data"}, {"score_sem", "score_geo"}, {33, 3}},
                                         FcnOfRelease{"siftflow-fcn16s", {"data"}, {"score_sem", "score_geo"}, {33, 3}},
                                         FcnOfRelease{"siftflow-fcn8s", {"data"}, {"score_sem", "score_geo"}, {33, 3}},
                                         FcnOfRelease{"pascalcontext-fcn32s", {"data"}, {"score"}, {60}},
                                         FcnOfRelease{"pascalcontext-fcn16s", {"data"}, {"score"}, {60}},
                                         FcnOfRelease{"pascalcontext-fcn8s", {"data"}, {"score"}, {60}}),
                         [](const auto& row) {
                           return std::regex_replace(std::string(row.param.name), std::regex("-"), "_");
                         });

TEST(NetworkOfCaffe, ReleasesKnowHowTheirPicturesArePrepared) {
  const CaffeNetwork voc = NetworkOf(NetText("voc-fcn8s")), sift = NetworkOf(NetText("siftflow-fcn8s")),
                     depth = NetworkOf(NetText("nyud-fcn32s-color-d"));
  EXPECT_EQ(voc.inputs[0].preprocessing, kCaffePreprocessing);
  EXPECT_EQ(voc.inputs[0].name, "");
  EXPECT_EQ(sift.inputs[0].preprocessing.mean, (PerBand{114.578f, 115.294f, 108.353f}));
  EXPECT_EQ(depth.inputs[1].name, "depth");
  EXPECT_EQ(PreprocessingText(depth.inputs[0].preprocessing), "bgr:116.19,97.203,92.318:1,1,1");
  EXPECT_EQ(PreprocessingText(depth.inputs[1].preprocessing), "logs:7.844:1:0..65535");
  // Whose channels the release leaves in the order of the file.
  EXPECT_EQ(PreprocessingText(NetworkOf(NetText("nyud-fcn32s-hha")).inputs[0].preprocessing),
            "rgb:132.431,94.076,118.477:1,1,1");
  EXPECT_EQ(sift.heads[1].name, "score_geo");
}

TEST(NetworkOfCaffe, ScaledSkipsAreFactors) {
  EXPECT_THAT(PrintGraph(*NetworkOf(NetText("voc-fcn8s-atonce")).graph),
              HasSubstr("scale_pool3 = Scale(pool3) factor=0.0001\n"));
}

TEST(NetworkOfCaffe, ClassifiersTakePicturesOfTheirSize) {
  for (const auto& [name, side, parameters] : {std::tuple{"lenet", 28, 431080}, std::tuple{"caffenet", 227, 60965224},
                                               std::tuple{"squeezenet", 227, 1235496}}) {
    const CaffeNetwork network = NetworkOf(NetText(name));
    EXPECT_TRUE(IsClassifier(*network.graph)) << name;
    EXPECT_EQ(network.inputs[0].preprocessing.crop, side) << name;
    int64_t count = 0;
    for (const ValueId id : network.graph->Parameters()) count += network.graph->value(id).parameter_shape.elements();
    EXPECT_EQ(count, parameters) << name;
  }
  EXPECT_TRUE(IsClassifier(*NetworkOf(NetText("googlenet")).graph));
}

TEST(NetworkOfCaffe, ADataLayerSaysNoSizeThatTheOptionsMaySay) {
  const std::string text = NetText("lenet-train");
  ExpectError(ErrorCode::kUnsupported, "layer \"ip1\"", [&] { NetworkOf(text); });
  CaffeNetOptions options{.height = 28, .width = 28, .inputs = {{.name = "data", .channels = 1}}};
  const CaffeNetwork network = NetworkOf(text, options);
  EXPECT_THAT(OutputNames(network), ElementsAre("ip2"));
  EXPECT_EQ(network.inputs[0].preprocessing.deviation, (PerBand{256}));
  options.state.phase = CaffePhase::kTrain;
  EXPECT_EQ(PrintGraph(*NetworkOf(text, options).graph), PrintGraph(*network.graph));
}

TEST(NetworkOfCaffe, RefusalsNameLayerAndLine) {
  const auto refused = [](ErrorCode code, const char* part, const std::string& layers) {
    ExpectError(code, part, [&] { NetworkOf(Picture(layers)); });
  };
  refused(ErrorCode::kUnsupported, "net.prototxt: layer \"x\" (Nonesuch, line 3): the scores depend on it",
          "layer { name: \"x\" type: \"Nonesuch\" bottom: \"data\" top: \"x\" }");
  refused(ErrorCode::kUnsupported, "layer \"x\" (LRN, line 3): it norms by 9x9 pixels, and fcn by 7x7 at most",
          "layer { name: \"x\" type: \"LRN\" bottom: \"data\" top: \"x\"\n"
          "  lrn_param { local_size: 9 norm_region: WITHIN_CHANNEL } }");
  refused(ErrorCode::kInput, "layer \"x\" (LRN, line 3): its local_size is 4, not odd (line 4)",
          "layer { name: \"x\" type: \"LRN\" bottom: \"data\" top: \"x\"\n"
          "  lrn_param { local_size: 4 norm_region: WITHIN_CHANNEL } }");
  refused(ErrorCode::kUnsupported, "net.prototxt: layer \"x\" (Interp, line 3): the scores depend on it",
          "layer { name: \"x\" type: \"Interp\" bottom: \"data\" top: \"x\" interp_param { zoom_factor: 8 } }");
  refused(ErrorCode::kUnsupported, "layer \"x\" (ReLU, line 3) has a field \"leak\" that is not known in relu_param",
          "layer { name: \"x\" type: \"ReLU\" bottom: \"data\" top: \"x\" relu_param { leak: 8 } }");
  refused(ErrorCode::kUnsupported, "layer \"x\" (ReLU, line 3): it reads 2 blobs, not 1",
          "layer { name: \"x\" type: \"ReLU\" bottom: \"data\" bottom: \"data\" top: \"x\" }");
  refused(ErrorCode::kUnsupported, "not by STOCHASTIC (line 4)",
          "layer { name: \"x\" type: \"Pooling\" bottom: \"data\" top: \"x\"\npooling_param { pool: STOCHASTIC } }");
  refused(ErrorCode::kInput, "it reads \"nothing\", which no layer before it gives",
          "layer { name: \"x\" type: \"ReLU\" bottom: \"nothing\" top: \"x\" }");
  refused(
      ErrorCode::kInput, "its num_output is 0, and 1 to",
      "layer { name: \"x\" type: \"Convolution\" bottom: \"data\" top: \"x\" convolution_param { kernel_size: 3 } }");
  refused(
      ErrorCode::kInput, "it does not say its kernel_size",
      "layer { name: \"x\" type: \"Convolution\" bottom: \"data\" top: \"x\" convolution_param { num_output: 3 } }");
  refused(ErrorCode::kInput, "gives no scores", "");
  refused(ErrorCode::kUnsupported, "a flattened map",
          "layer { name: \"f\" type: \"Flatten\" bottom: \"data\" top: \"f\" }\n"
          "layer { name: \"x\" type: \"Softmax\" bottom: \"f\" top: \"x\" }\n"
          "layer { name: \"y\" type: \"Power\" bottom: \"x\" top: \"y\" }");
}

TEST(NetworkOfCaffe, WhatServesLossesAloneIsLeftOut) {
  const CaffeNetwork network = NetworkOf(
      Picture("layer { name: \"labels\" type: \"OwnData\" top: \"label\" own_param { x: 1 } }\n"
              "layer { name: \"s\" type: \"Convolution\" bottom: \"data\" top: \"s\"\n"
              "  convolution_param { num_output: 2 kernel_size: 1 } }\n"
              "layer { name: \"p\" type: \"Python\" bottom: \"label\" top: \"weights\" }\n"
              "layer { name: \"l\" type: \"SoftmaxWithLoss\" bottom: \"s\" bottom: \"label\" bottom: \"weights\"\n"
              "  top: \"l\" loss_weight: 0.5 loss_param { ignore_label: 255 normalize: false } }"));
  EXPECT_THAT(InputNames(network), ElementsAre("data"));
  EXPECT_THAT(OutputNames(network), ElementsAre("s"));
  EXPECT_EQ(network.losses[0].ignore_label, 255);
  EXPECT_EQ(network.losses[0].normalisation, CaffeNormalisation::kBatchSize);
  EXPECT_EQ(network.losses[0].loss_weight, 0.5);
}

/// It was looked at from each end: a minute for so many.
TEST(NetworkOfCaffe, AChainOfSplitsTakesAMoment) {
  std::string layers, bottom = "data";
  for (int i = 0; i < 20000; i++) {
    const std::string top = "t" + std::to_string(i), end = "e" + std::to_string(i);
    layers +=
        "layer { name: \"s\" type: \"Split\" bottom: \"" + bottom + "\" top: \"" + top + "\" top: \"" + end + "\" }\n";
    bottom = top;
  }
  ExpectError(ErrorCode::kInput, "gives no scores", [&] { NetworkOf(Picture(layers)); });
  // Names of layers that are all the same are told apart.
  const CaffeNetwork network =
      NetworkOf(Picture("layer { name: \"a\" type: \"ReLU\" bottom: \"data\" top: \"x\" }\n"
                        "layer { name: \"a\" type: \"ReLU\" bottom: \"x\" top: \"y\" }\n"
                        "layer { name: \"a\" type: \"ReLU\" bottom: \"y\" top: \"z\" }"));
  EXPECT_THAT(OutputNames(network), ElementsAre("a_3"));
}

TEST(NetworkOfCaffe, WhatIsOnlyWrittenDownIsAScore) {
  const CaffeNetwork network =
      NetworkOf(Picture("layer { name: \"s\" type: \"Convolution\" bottom: \"data\" top: \"s\"\n"
                        "  convolution_param { num_output: 2 kernel_size: 1 } }\n"
                        "layer { name: \"w\" type: \"MatWrite\" bottom: \"s\" mat_write_param { prefix: \"x\" } }"));
  EXPECT_THAT(OutputNames(network), ElementsAre("s"));
}

TEST(NetworkOfCaffe, ANetForTrainingAloneIsReadAsThat) {
  const std::string score =
      "layer { name: \"s\" type: \"Convolution\" bottom: \"data\" top: \"s\"\n"
      "  convolution_param { num_output: 2 kernel_size: 1 } }\n";
  const std::string data = "layer { name: \"d\" type: \"ImageData\" top: \"data\" top: \"label\"\n  include { ";
  const CaffeNetwork network = NetworkOf(data + "phase: TRAIN } }\n" + score);
  EXPECT_THAT(OutputNames(network), ElementsAre("s"));
  EXPECT_THAT(network.notes, testing::Contains(HasSubstr("--phase train")));
  EXPECT_THAT(NetworkOf(data + "phase: TEST } }\n" + score).notes, testing::IsEmpty());
  ExpectError(ErrorCode::kInput, "it reads \"data\", which no layer before it gives",
              [&] { NetworkOf(data + "stage: \"x\" } }\n" + score); });
}

TEST(NetworkOfCaffe, CaffesOwnDataLayersGiveSamplesAsTheyAre) {
  const auto prepared = [](const std::string& type, const std::string& more) {
    const CaffeNetwork network = NetworkOf("layer { name: \"d\" type: \"" + type + "\" top: \"data\" " + more +
                                           " }\n"
                                           "layer { name: \"s\" type: \"Convolution\" bottom: \"data\" top: \"s\"\n"
                                           "  convolution_param { num_output: 2 kernel_size: 1 } }\n");
    return PreprocessingText(network.inputs[0].preprocessing);
  };
  EXPECT_EQ(prepared("Data", ""), "bgr:0,0,0:1,1,1");
  EXPECT_EQ(prepared("ImageData", "transform_param { mirror: true }"), "bgr:0,0,0:1,1,1");
  EXPECT_EQ(prepared("Data", "transform_param { mean_value: 1 mean_value: 2 mean_value: 3 }"), "bgr:1,2,3:1,1,1");
  EXPECT_EQ(prepared("HDF5Data", ""), "caffe");
}

TEST(NetworkOfCaffe, CoarseScoresAreBroughtToThePicture) {
  const CaffeNetwork network =
      NetworkOf(Picture("layer { name: \"s\" type: \"Convolution\" bottom: \"data\" top: \"s\"\n"
                        "  convolution_param { num_output: 2 kernel_size: 4 stride: 4 } }"));
  EXPECT_THAT(OutputNames(network), ElementsAre("s.resized"));
  EXPECT_THAT(network.notes, testing::Contains(HasSubstr("2x2 for a picture of 8x8, 4 pixels apart")));
}

}  // namespace
}  // namespace fcn
