#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class Usage : public ProgramTest {};

TEST_F(Usage, EveryVerbHasHelp) {
  const ProgramResult top = Fcn({"--help"});
  EXPECT_EQ(top.exit_code, 0);
  for (const char* verb : {"segment", "predict", "import", "info", "bench", "verify"}) {
    const ProgramResult result = Fcn({verb, "--help"});
    EXPECT_EQ(result.exit_code, 0) << verb;
    EXPECT_THAT(result.out, HasSubstr("--threads")) << verb;
    EXPECT_THAT(result.out, HasSubstr("--json")) << verb;
    if (std::string(verb) != "predict") {
      EXPECT_THAT(top.out, HasSubstr(verb));
    }
  }
}

TEST_F(Usage, TellsItsVersion) {
  const ProgramResult result = Fcn({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, testing::MatchesRegex("fcn [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(Usage, WrongUsageExitsWith2AndSuggests) {
  struct Case {
    std::vector<std::string> arguments;
    const char* hint;
  };
  const Case cases[] = {
      {{}, "fcn --help"},
      {{"segmnt", "x.jpg"}, "segment"},
      {{"frobnicate"}, "there is no verb \"frobnicate\""},
      {{"segment", "x.jpg", "--model", "m", "--heatmpa", "dog"}, "--heatmap"},
      {{"bench", "--model", "fcn8s-vgg61", "--size", "10x10"}, "fcn8s-vgg16"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "10"}, "WIDTHxHEIGHT"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "0x10"}, "WIDTHxHEIGHT"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "10x99999999999999999999"}, "WIDTHxHEIGHT"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "1048576x1048576"}, "--size 1048576x1048576 is more than"},
      {{"bench", "--model", "vgg16", "--size", "224x224", "--train"}, "fcn8s-vgg16"},
      {{"info", "resnet50", "--train"}, "fcn8s-resnet50"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "10x10", "--isa", "mmx"}, "sse4"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "10x10", "-j", "0"}, "fcn bench --help"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "10x10", "--runs", "many"}, "fcn bench --help"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "10x10", "--max-memory", "lots"}, "500M"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "10x10", "--max-memory", "1X"}, "500M"},
      {{"bench", "--model", "fcn8s-vgg16", "--size", "10x10", "--max-memory", "-1G"}, "500M"},
      {{"info", "efficientnet-lite"}, "efficientnet-lite0"},
  };
  for (const Case& c : cases) {
    const ProgramResult result = Fcn(c.arguments);
    const std::string what = c.arguments.empty() ? "" : c.arguments.back();
    EXPECT_EQ(result.exit_code, 2) << what;
    EXPECT_THAT(result.err, HasSubstr(c.hint)) << what;
    EXPECT_THAT(result.out, IsEmpty()) << what;
  }
}

TEST_F(Usage, ErrorsAreJsonToo) {
  const ProgramResult result = Fcn({"info", "no-such-network", "--json"});
  EXPECT_EQ(result.exit_code, 2);
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["error"]["code"], "usage");
  EXPECT_THAT(json["error"]["message"].get<std::string>(), HasSubstr("no-such-network"));
  const ProgramResult unparsed = Fcn({"bench", "--sise", "10x10", "--json"});
  EXPECT_EQ(unparsed.exit_code, 2);
  EXPECT_EQ(nlohmann::json::parse(unparsed.out)["error"]["code"], "usage");
}

TEST_F(Usage, AFullDiskUnderStandardOutputIsAnError) {
  const ProgramResult result = RunProgram({"/bin/sh", "-c", std::string(FCN_PROGRAM) + " info > /dev/full"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("standard output"));
}

}  // namespace
}  // namespace fcn::test
