// Nets of Caffe's: info, import and train.

#include <fstream>

#include "formats/caffe/test_messages.h"
#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using testing::HasSubstr;

class CaffeVerbs : public ProgramTest {
 protected:
  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(Path(name), std::ios::binary) << content;
    return Path(name);
  }
  /// Scores of each pixel's colour: two classes.
  std::string NetFile() const {
    return Write("net.prototxt",
                 "name: \"two\"\n"
                 "layer { name: \"data\" type: \"Input\" top: \"data\"\n"
                 "  input_param { shape { dim: 1 dim: 3 dim: 20 dim: 30 } } }\n"
                 "layer { name: \"score\" type: \"Convolution\" bottom: \"data\" top: \"score\"\n"
                 "  convolution_param { num_output: 2 kernel_size: 1 } }\n"
                 "layer { name: \"prob\" type: \"Softmax\" bottom: \"score\" top: \"prob\" }\n");
  }
  std::string WeightsFile() const {
    return Write("net.caffemodel",
                 CaffeBinaryLayer("score", "Convolution",
                                  {CaffeBlob({2, 3, 1, 1}, {1, 2, 3, -1, 0.5f, 2}), CaffeBlob({2}, {0.25f, -0.25f})}) +
                     CaffeBinaryLayer("other", "Convolution", {CaffeBlob({1}, {1})}));
  }
};

TEST_F(CaffeVerbs, InfoDescribesANet) {
  const ProgramResult info = Fcn({"info", NetFile(), "--size", "50x40"});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr("two at 50x40"));
  EXPECT_THAT(info.out, HasSubstr("1x40x50x2"));
  EXPECT_THAT(info.err, HasSubstr("does not say how"));
  EXPECT_THAT(Fcn({"info", NetFile(), "--graph"}).out, HasSubstr("score = Conv2d(data, score.weight, score.bias)\n"));
}

TEST_F(CaffeVerbs, ImportMakesAModelThatVerifies) {
  const std::string net = NetFile(), model = Path("net.safetensors");
  const ProgramResult import = Fcn({"import", net, WeightsFile(), "-o", model, "--json"});
  ASSERT_EQ(import.exit_code, 0) << import.err;
  const auto json = nlohmann::json::parse(import.out);
  EXPECT_EQ(json["taken"], (std::vector<std::string>{"score.weight", "score.bias"}));
  EXPECT_EQ(json["ignored"], std::vector<std::string>{"other"});
  EXPECT_EQ(json["names"], "Caffe");
  EXPECT_EQ(Fcn({"verify", model}).exit_code, 0);
  const ModelContents contents = LoadModel(model);
  EXPECT_EQ(contents.weights.at("score.weight").ToFloats(), (std::vector<float>{1, 2, 3, -1, 0.5f, 2}));
  EXPECT_EQ(contents.input().preprocessing, kCaffePreprocessing);
}

TEST_F(CaffeVerbs, ImportSaysWhatIsMissing) {
  const std::string net = NetFile(), weights = WeightsFile(), model = Path("net.safetensors");
  EXPECT_THAT(Fcn({"import", net, "-o", model}).err, HasSubstr("a net of Caffe's without weights"));
  EXPECT_THAT(Fcn({"import", weights, "-o", model}).err, HasSubstr("--model is missing"));
  EXPECT_THAT(Fcn({"import", weights, net, "-o", model}).err, HasSubstr("is no .prototxt"));
  const ProgramResult other =
      Fcn({"import", net, Write("other.caffemodel", CaffeBinaryLayer("x", "Convolution", {CaffeBlob({1}, {1})})), "-o",
           model});
  EXPECT_THAT(other.err, HasSubstr("has no weight of a layer of two"));
  EXPECT_THAT(Fcn({"import", net, weights, "--classes", "a,b,c", "-o", model}).err,
              HasSubstr("3 classes are named, and two has 2 scores"));
}

TEST_F(CaffeVerbs, ASolverOfANetThatFcnDoesNotBuildIsRefused) {
  NetFile();
  const std::string solver =
      Write("solver.prototxt", "train_net: \"net.prototxt\" base_lr: 0.1 lr_policy: \"fixed\" max_iter: 10\n");
  const ProgramResult train = Fcn({"train", "--solver", solver, "--data", Path(""), "-o", Path("run")});
  EXPECT_EQ(train.exit_code, 1);
  EXPECT_THAT(train.err, HasSubstr("is none of the networks that fcn train builds by name"));
}

}  // namespace
}  // namespace fcn::test
