// What may be chosen of a network: upsampling, the scale of skips, the channels of fc6 and fc7.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "fcn/error.h"
#include "graph/coordinates.h"
#include "graph/shapes.h"
#include "graph/text.h"
#include "models/fcn.h"
#include "models/skip_scale.h"
#include "models/surgery.h"
#include "models/upsampling.h"
#include "models/wanted.h"
#include "models/zoo.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr UpsamplingMethod kDeconvolving[] = {UpsamplingMethod::kBilinear, UpsamplingMethod::kPaper,
                                              UpsamplingMethod::kLearned};

Graph BuildForm(const std::string& network, const NetworkForm& form, int scores = 3) {
  Ports ports = scores;
  ports.form = form;
  return FindModel(network).build(ports);
}

/// The side of each transposed convolution's filter by its name.
std::map<std::string, int64_t> Filters(const Graph& graph) {
  std::map<std::string, int64_t> filters;
  for (const Node& node : graph.nodes())
    if (std::holds_alternative<Deconv2d>(node.op))
      filters[graph.value(node.output).name] = graph.value(node.inputs[1]).parameter_shape[2];
  return filters;
}

TEST(Form, TheUsualOneIsTheNetworksOwn) {
  for (const ZooEntry& entry : Zoo()) CheckForm(entry, {});
  EXPECT_EQ(BuildForm("fcn8s-vgg16-unpadded", {.upsampling = UpsamplingMethod::kResize, .fc_channels = 4096}),
            Vgg16FcnUnpadded(8, 3));
  EXPECT_EQ(BuildForm("fcn8s-vgg16", {.upsampling = UpsamplingMethod::kLearned}), Vgg16Fcn(8, 3));
}

TEST(Form, EveryNetworkUpsamplesByFiltersToThePicturesSize) {
  size_t networks = 0;
  for (const ZooEntry& entry : Zoo()) {
    if (entry.is_classifier()) continue;
    const NetworkForm form{.upsampling = UpsamplingMethod::kLearned};
    try {
      CheckForm(entry, form);
    } catch (const Error&) {
      continue;  // its scores do not reach the picture's edges
    }
    networks++;
    const Graph graph = BuildForm(std::string(entry.name), form);
    for (const Node& node : graph.nodes()) EXPECT_FALSE(std::holds_alternative<Resize>(node.op)) << entry.name;
    for (const auto& [height, width] :
         {std::pair<int64_t, int64_t>{64, 64}, {61, 83}, {97, 131}, {500, 375}, {49, 257}, {479, 65}}) {
      const std::vector<Nhwc> inputs = {{1, height, width, 3}};
      const ByValue<Nhwc> shapes = InferShapes(graph, inputs);
      EXPECT_EQ(shapes[graph.outputs()[0]], (Nhwc{1, height, width, 3})) << entry.name << " " << height << "x" << width;
      // Every score lies in the middle of its pixel.
      const CoordinateMap place = InferCoordinates(graph, shapes)[graph.outputs()[0]];
      EXPECT_EQ(place.y.scale, 1) << entry.name;
      EXPECT_EQ(place.y.offset, 0) << entry.name;
    }
  }
  EXPECT_GE(networks, 20u);
}

TEST(Form, FiltersFollowFromTheGrids) {
  const NetworkForm form{.upsampling = UpsamplingMethod::kLearned};
  EXPECT_THAT(
      Filters(BuildForm("fcn8s-vgg16-unpadded", form)),
      UnorderedElementsAre(Pair("upscore_to_score_pool4", 4), Pair("upscore_to_score_pool3", 4), Pair("upscore8", 16)));
  EXPECT_THAT(Filters(BuildForm("fcn32s-vgg16-unpadded", form)), UnorderedElementsAre(Pair("upscore", 64)));
  EXPECT_THAT(Filters(BuildForm("fcn16s-efficientnet-lite0", form)),
              UnorderedElementsAre(Pair("upscore_to_score16", 3), Pair("upscore16", 31)));
  EXPECT_THAT(Filters(BuildForm("fcn16s-resnet50", form)),
              UnorderedElementsAre(Pair("upscore_to_score16", 3), Pair("upscore16", 31)));
  EXPECT_THAT(Filters(BuildForm("fcn_resnet50", form)), UnorderedElementsAre(Pair("upscore8", 15)));
}

TEST(Form, EachHeadHasItsOwnFiltersAndSkipsAreScaledOnce) {
  Ports ports({{}}, {{.name = "class", .scores = 3}, {.name = "geometry", .scores = 2}});
  ports.form = {.upsampling = UpsamplingMethod::kPaper, .skip_scale = 0.01};
  const Graph graph = FindModel("fcn16s-efficientnet-lite0").build(ports);
  EXPECT_THAT(Filters(graph),
              UnorderedElementsAre(Pair("upscore_to_score16", 3), Pair("upscore16", 31),
                                   Pair("heads.geometry.upscore_to_score16", 3), Pair("heads.geometry.upscore16", 31)));
  EXPECT_THAT(FixedUpsampling(graph, UpsamplingMethod::kPaper),
              ElementsAre("heads.geometry.upscore16.weight", "upscore16.weight"));
  EXPECT_THAT(InputScales(graph),
              ElementsAre(Pair("heads.geometry.score16.weight", 0.01f), Pair("score16.weight", 0.01f)));
}

TEST(Form, WhatStaysBilinear) {
  for (const char* network : {"fcn8s-vgg16", "fcn8s-vgg16-unpadded"}) {
    const std::string last = "upscore8.weight";
    const bool is_padded = std::string_view(network) == "fcn8s-vgg16";
    const std::string first = is_padded ? "upscore2.weight" : "upscore_to_score_pool4.weight",
                      second = is_padded ? "upscore_pool4.weight" : "upscore_to_score_pool3.weight";
    const auto fixed = [&](UpsamplingMethod method) {
      return FixedUpsampling(BuildForm(network, {.upsampling = method}), method);
    };
    EXPECT_THAT(fixed(UpsamplingMethod::kBilinear), UnorderedElementsAre(first, second, last));
    EXPECT_THAT(fixed(UpsamplingMethod::kPaper), ElementsAre(last));
    EXPECT_THAT(fixed(UpsamplingMethod::kLearned), IsEmpty());
    EXPECT_THAT(fixed(UpsamplingMethod::kUsual), IsEmpty());
  }
  // In FCN-2s upscore2 is not the last one, though the last one upsamples by 2.
  EXPECT_THAT(FixedUpsampling(Vgg16Fcn(2, 3), UpsamplingMethod::kPaper), ElementsAre("upscore_pool1.weight"));
}

TEST(Form, SkipsAreScaledAsInThePublishedNetworkThatIsTrainedAtOnce) {
  for (const char* network : {"fcn8s-vgg16", "fcn8s-vgg16-unpadded"})
    EXPECT_THAT(InputScales(BuildForm(network, {.skip_scale = 0.01})),
                ElementsAre(Pair("score_pool3.weight", 0.0001f), Pair("score_pool4.weight", 0.01f)));
  const Graph graph = BuildForm("fcn8s-vgg16", {.skip_scale = 0.01});
  EXPECT_THAT(PrintGraph(graph), ::testing::HasSubstr("scale_pool3 = Scale(pool3) factor=0.0001\n"));
  EXPECT_THAT(PrintGraph(graph), ::testing::HasSubstr("scale_pool4 = Scale(pool4) factor=0.01\n"));
  EXPECT_THAT(InputScales(Vgg16Fcn(8, 3)), IsEmpty());
}

TEST(Form, ChosenChannelsMayBeginAnew) {
  const Graph graph = BuildForm("fcn32s-vgg16-unpadded", {.fc_channels = 8});
  const auto shape = [&](const char* name) { return graph.value(graph.Find(name)).parameter_shape; };
  EXPECT_EQ(shape("classifier.0.weight"), (Shape{8, 512, 7, 7}));
  EXPECT_EQ(shape("classifier.3.weight"), (Shape{8, 8, 1, 1}));
  EXPECT_EQ(shape("score_fr.weight"), (Shape{3, 8, 1, 1}));
  Ports ports = 1;
  for (const int channels : {0, 8}) {
    ports.form.fc_channels = channels;
    for (const WantedParameter& parameter : WantedParameters(FindModel("fcn32s-vgg16-unpadded"), ports)) {
      EXPECT_EQ(parameter.is_of_chosen_channels, channels > 0 && parameter.name.starts_with("classifier."))
          << parameter.name;
      EXPECT_EQ(parameter.may_be_new, parameter.is_of_chosen_channels || parameter.name.starts_with("score_fr."));
    }
  }
}

TEST(Form, WhatWouldChangeNothingIsRefused) {
  const auto refuse = [](const char* network, const NetworkForm& form, const char* message) {
    ExpectError(ErrorCode::kUsage, message, [&] { CheckForm(FindModel(network), form); });
  };
  refuse("vgg16", {.upsampling = UpsamplingMethod::kLearned}, "vgg16 has no upsampling");
  refuse("fcn8s-vgg16", {.upsampling = UpsamplingMethod::kResize}, "it pads its input by 100");
  refuse("fcn32s-vgg16", {.skip_scale = 0.01}, "fcn32s-vgg16 has no skips");
  refuse("fcn_resnet50", {.skip_scale = 0.01}, "fcn_resnet50 has no skips");
  refuse("fcn8s-vgg16", {.skip_scale = 0}, "cannot scale skips by 0");
  refuse("fcn8s-vgg16", {.skip_scale = 2}, "cannot scale skips by 2");
  refuse("fcn8s-vgg16", {.skip_scale = 1e-9}, "cannot scale skips by 1e-09");
  refuse("fcn8s-efficientnet-lite0", {.fc_channels = 8}, "has no fc6 and fc7");
  refuse("fcn8s-vgg16", {.fc_channels = 1 << 20}, "cannot have fc6 and fc7 of 1048576 channels");
  ExpectError(ErrorCode::kUsage, "\"cubic\" is no way of upsampling", [] { UpsamplingMethodFromText("cubic"); });
  for (const UpsamplingMethod method : kDeconvolving)
    EXPECT_EQ(UpsamplingMethodFromText(UpsamplingMethodName(method)), method);
}

// FCN-32s on AlexNet in the release's form: the grids alone give a filter of 63 pixels and a crop of 18.
TEST(Form, AlexNetsGridsGiveTheReleasesFilterAndCrop) {
  Graph graph = ParseGraph(
      "input image channels=3\n"
      "parameter conv1.weight 2x3x11x11\nparameter conv2.weight 2x2x5x5\nparameter fc6.weight 2x2x6x6\n"
      "conv1 = Conv2d(image, conv1.weight) kernel=11x11 stride=4x4 padding=100,100,100,100\n"
      "pool1 = MaxPool(conv1) kernel=3x3 stride=2x2\n"
      "conv2 = Conv2d(pool1, conv2.weight) kernel=5x5 padding=2,2,2,2\n"
      "pool2 = MaxPool(conv2) kernel=3x3 stride=2x2\n"
      "pool5 = MaxPool(pool2) kernel=3x3 stride=2x2\n"
      "fc6 = Conv2d(pool5, fc6.weight) kernel=6x6\n"
      "output fc6\n");
  const std::vector<Nhwc> inputs = {{1, 500, 500, 3}};
  const ByValue<CoordinateMap> places = InferCoordinates(graph, InferShapes(graph, inputs));
  const ValueId coarse = graph.Find("fc6"), image = graph.inputs()[0];
  const fcn::Upsampling up = UpsamplingBetween(places[coarse], places[image]);
  EXPECT_EQ(up.kernel, 63);
  EXPECT_EQ(up.stride, 32);
  const ValueId upscore = AddUpsampling(graph, "upscore", {coarse, 2}, up.kernel, up.stride).id;
  const ByValue<Nhwc> shapes = InferShapes(graph, inputs);
  const CropOffset crop = CropOffsetOf(InferCoordinates(graph, shapes)[upscore], places[image]);
  EXPECT_EQ(crop, (CropOffset{18, 18}));
}

}  // namespace
}  // namespace fcn
