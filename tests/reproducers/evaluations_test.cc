// Scores that say less, or something else, than they seem to. Reported in public of mmsegmentation (2201: a single
// class scores 1.0) and nnUNet (1777: masks of 0 and 255).
//
// What was looked at: what dataset check calls an error, in eval (a truth in which one class or nothing counts is
// said), and --classes in another order than the model's (names tell, not their order).
#include "fcn/drawing.h"
#include "support/program_fixture.h"

namespace fcn {
namespace {

using nlohmann::json;
using test::ProgramResult;
using testing::HasSubstr;
using testing::Not;

class Evaluations : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    model_ = ModelFile();
    for (const char* folder : {"data/images", "data/masks"}) std::filesystem::create_directories(Path(folder));
    PictureFile("data/images/a.png", 64, 48);
  }
  void Labels(const std::vector<uint8_t>& values) const {
    std::vector<uint8_t> labels(size_t{64} * 48);
    for (size_t i = 0; i < labels.size(); i++) labels[i] = values[i * values.size() / labels.size()];
    WriteIndexedPng(Path("data/masks/a.png"), labels.data(), 64, 48, VocPalette());
  }
  ProgramResult Eval(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"eval", "--model", model_, "--data", Path("data"), "--json"});
    return Fcn(more);
  }

  std::string model_;
};

TEST_F(Evaluations, ATruthOfOneClassOrNoneIsNoted) {
  Labels({0, 255});
  ProgramResult result = Eval();
  EXPECT_THAT(result.err, HasSubstr("everything that counts in the truth is \"background\""));
  EXPECT_EQ(json::parse(result.out)["notes"][0]["kind"], "truth");
  Labels({255});
  EXPECT_THAT(Eval().err, HasSubstr("no pixel of the truth counts"));
  Labels({0, 1});
  result = Eval();
  EXPECT_THAT(result.err, Not(HasSubstr("counts")));
  EXPECT_FALSE(json::parse(result.out).contains("notes"));
}

TEST_F(Evaluations, ClassesAreTakenByNameInAnyOrder) {
  WriteFile(folder_ / "data/classes.txt", std::string("background\ncat\ndog\n"));
  Labels({0, 1, 2});
  const ProgramResult usual = Eval(), turned = Eval({"--classes", "dog,background,cat"});
  EXPECT_EQ(usual.exit_code, 0) << usual.err;
  EXPECT_EQ(turned.out, usual.out);
  EXPECT_THAT(turned.err, Not(HasSubstr("in order")));
}

}  // namespace
}  // namespace fcn
