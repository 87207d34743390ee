// One bad entry fails alone, whatever it is: a picture that no list of failures foresaw must not end a whole run. Reported
// in public as crashes of whole batch jobs.
#include "support/program_fixture.h"

namespace fcn {
namespace {

using FailingEntries = test::ProgramTest;

TEST_F(FailingEntries, ADamagedPictureFailsAlone) {
  std::filesystem::create_directories(folder_ / "in");
  PictureFile("in/a.png", 64, 64);
  WriteFile(folder_ / "in/b.png", std::string("no picture"));
  const test::ProgramResult result = Fcn({"segment", Path("in"), "--model", ModelFile(), "-o", Path("out")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("b.png"), std::string::npos) << result.err;
  EXPECT_THAT(Files("out"), testing::ElementsAre("a.overlay.png", "a.png"));
}

}  // namespace
}  // namespace fcn
