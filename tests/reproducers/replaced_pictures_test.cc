// A training that is resumed goes on with the data that it began with. Found by an attack: pictures and labels that
// were replaced between a run and its resume went unnoticed, as only their number was compared; the result was that of
// no training at all.
//
// What else of this kind was looked at: labels, pictures, validation pictures, names, what label values mean
// (classes.txt), and what may change: times, and where the folder lies. Every file has a fingerprint of its size and
// both its ends (data/fingerprint.h); `--check false` makes of the error a note.
#include "data/fingerprint.h"
#include "fcn/error.h"
#include "reproducers/training_data.h"
#include "train/checkpoint.h"

namespace fcn {
namespace {

using test::Halves;
using test::ProgramResult;
using testing::HasSubstr;

class ReplacedPictures : public test::TrainingDataTest {
 protected:
  void SetUp() override {
    TrainingDataTest::SetUp();
    Pairs(4, Halves);
    WriteFile(Path("data/classes.txt"), std::string("a\nb\n"));
    const ProgramResult result = Fcn(Train({"--max-iters", "3", "--max-time", "0.00001", "--train-split", "[:3]",
                                            "--val-split", "[2:]", "--optimiser", "sgd"}));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    ASSERT_LT(LoadCheckpoint(Path("run/latest.checkpoint")).iteration, 3);
  }

  ProgramResult Resume(std::vector<std::string> more = {}) const {
    std::vector<std::string> command = {"train", "--resume", Path("run"), "--max-time", "0.00001"};
    command.insert(command.end(), more.begin(), more.end());
    return Fcn(command);
  }
  void ExpectRefused(const std::string& message) const {
    const ProgramResult result = Resume();
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.err, HasSubstr("--check false"));
  }
};

TEST_F(ReplacedPictures, TheSameDataIsWell) {
  std::filesystem::last_write_time(Path("data/images/p0.png"), std::filesystem::file_time_type::clock::now());
  EXPECT_EQ(Resume().exit_code, 0);
  std::filesystem::rename(Path("data"), Path("moved"));
  const ProgramResult moved = Resume({"--data", Path("moved")});
  EXPECT_EQ(moved.exit_code, 0) << moved.err;
}

TEST_F(ReplacedPictures, OtherLabels) {
  Pair("p1", 40, 36, [](int, int y) { return y < 20 ? 0 : 1; });
  ExpectRefused("of 1 of its 3 samples the name, the picture or the labels have changed; the first is \"p1\"");
  const ProgramResult allowed = Resume({"--check", "false"});
  EXPECT_EQ(allowed.exit_code, 0) << allowed.err;
  EXPECT_THAT(allowed.err, HasSubstr("fcn: note: "));
  EXPECT_THAT(allowed.err, HasSubstr("is not what the training began with"));
}

TEST_F(ReplacedPictures, AnotherPicture) {
  PictureFile("data/images/p0.png", 40, 36);
  EXPECT_EQ(Resume().exit_code, 0) << "it has the same bytes";
  Image image{40, 36, std::vector<uint8_t>(size_t{40} * 36 * 3, 9)};
  WriteRgbPng(Path("data/images/p0.png"), image);
  ExpectRefused("the first is \"p0\"");
}

TEST_F(ReplacedPictures, AnotherPictureToValidateOn) {
  Pair("p3", 40, 36, [](int, int y) { return y < 20 ? 0 : 1; });
  ExpectRefused("split [2:], is not what the training began with");
}

TEST_F(ReplacedPictures, OtherNames) {
  for (const char* folder : {"data/images/", "data/masks/"})
    std::filesystem::rename(Path(folder + std::string("p1.png")), Path(folder + std::string("p11.png")));
  ExpectRefused("the first is \"p11\"");
}

TEST_F(ReplacedPictures, LabelsThatMeanOtherClasses) {
  WriteFile(Path("data/classes.txt"), std::string("1: a\n0: b\n"));
  const ProgramResult result = Resume();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              testing::AnyOf(HasSubstr("its label values mean other classes"), HasSubstr("with the classes")));
}

TEST(Fingerprint, ComesBackFromItsText) {
  const DataFingerprint fingerprint{0x12, {0, 0xffffffff, 0x89abcdef}};
  DataFingerprint parsed;
  ASSERT_TRUE(ParseFingerprint(PrintFingerprint(fingerprint), parsed));
  EXPECT_EQ(parsed.meaning, fingerprint.meaning);
  EXPECT_EQ(parsed.samples, fingerprint.samples);
  for (const char* text : {"", "1234567", "1234567g", "+2345678", "123456789"})
    EXPECT_FALSE(ParseFingerprint(text, parsed)) << text;
}

}  // namespace
}  // namespace fcn
