// Folders as they are: hidden files of macOS, pictures of phones, files of other kinds, folders in folders. Reported in
// public as failed "._IMG_0000.JPG" and as pictures that were left out without a word.
//
// What was looked at: each kind of entry (files by ending, hidden ones, folders, links to both, pipes), each way to
// name a picture twice, one folder and several, --recursive, and folders without any picture.
#include <sys/stat.h>

#include "support/program_fixture.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::ProgramResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Folders : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    model_ = ModelFile();
    fs::create_directories(Path("in"));
  }
  void Picture(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    PictureFile(name, 40, 30);
  }
  ProgramResult Segment(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "segment");
    arguments.insert(arguments.end(), {"--model", model_, "-o", Path("out"), "--no-overlay"});
    return Fcn(arguments);
  }
  static json Json(const ProgramResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  }
  /// The files written, with their folders, sorted.
  std::vector<std::string> Results() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "out"))
      if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(folder_ / "out").string());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string model_;
};

TEST_F(Folders, HiddenFilesAreSkippedAndOthersPassedOverWithAWord) {
  Picture("in/IMG_0000.JPG");
  Picture("in/lies.jpg");  // a PNG, and it works
  for (const char* name :
       {"in/._IMG_0000.JPG", "in/.DS_Store", "in/Thumbs.db", "in/notes.txt", "in/film.mp4", "in/raw.dng"})
    WriteFile(folder_ / name, std::string("no picture"));
  Picture("in/sub/deep.png");
  const ProgramResult result = Segment({Path("in"), "--json"});
  const json said = Json(result);
  EXPECT_THAT(Results(), ElementsAre("IMG_0000.png", "lies.png"));
  EXPECT_THAT(result.err, HasSubstr("fcn: note: 4 files of other kinds and 1 folder passed over: "
                                    "Thumbs.db, film.mp4, notes.txt, raw.dng"));
  EXPECT_THAT(result.err, HasSubstr("--recursive"));
  EXPECT_THAT(result.err, Not(HasSubstr("._IMG")));
  EXPECT_EQ(said["passed_over"].size(), 5u);
  EXPECT_EQ(said["passed_over"][0], (json{{"path", Path("in/Thumbs.db")}, {"reason", "other kind"}}));
  EXPECT_EQ(said["passed_over"][4], (json{{"path", Path("in/sub")}, {"reason", "folder"}}));
  EXPECT_EQ(said["notes"].size(), 1u);
  EXPECT_EQ(said["failed"], 0);
}

TEST_F(Folders, NothingIsSaidWhereNothingIsPassedOver) {
  Picture("in/a.png");
  const ProgramResult result = Segment({Path("in"), "--json"});
  EXPECT_TRUE(Json(result)["passed_over"].empty());
  EXPECT_TRUE(Json(result)["notes"].empty());
  EXPECT_EQ(result.err, "");
}

TEST_F(Folders, RecursiveKeepsTheFolders) {
  for (const char* name : {"in/a.png", "in/sub/deep.jpg", "in/sub/er/a.png", "in/.hidden/b.png", "far/away.png"})
    Picture(name);
  fs::create_directory_symlink("..", Path("in/sub/up"));  // a loop
  fs::create_directory_symlink(Path("far"), Path("in/far"));
  const ProgramResult result = Segment({Path("in/"), "--recursive", "--json"});
  const json said = Json(result);
  EXPECT_THAT(Results(), ElementsAre("a.png", "sub/deep.png", "sub/er/a.png"));
  std::vector<std::string> order;
  for (const json& picture : said["pictures"]) order.push_back(picture["input"]);
  EXPECT_THAT(order, ElementsAre(Path("in/a.png"), Path("in/sub/deep.jpg"), Path("in/sub/er/a.png")));
  EXPECT_EQ(said["passed_over"].size(), 2u);  // the links
}

TEST_F(Folders, ResultsAreNoInputsOfTheNextRun) {
  Picture("in/sub/a.jpg");
  const std::vector<std::string> command = {"segment", Path("in"),     "--model",    model_,
                                            "-o",      Path("in/out"), "--recursive"};
  EXPECT_EQ(Fcn(command).exit_code, 0);
  const ProgramResult again = Fcn(command);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("2 files are there already"));
}

TEST_F(Folders, SegmentedIntoThemselvesTwice) {
  Picture("in/a.jpg");
  const std::vector<std::string> segment = {"segment", Path("in"), "--model", model_, "-o", Path("in")};
  EXPECT_EQ(Fcn(segment).exit_code, 0);
  EXPECT_EQ(Fcn(segment).exit_code, 2);  // they are there already
  std::vector<std::string> overwriting = segment;
  overwriting.emplace_back("--overwrite");
  const ProgramResult again = Fcn(overwriting);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("2 results of an earlier run passed over: a.overlay.png, a.png"));
  EXPECT_THAT(Files("in"), ElementsAre("a.jpg", "a.overlay.png", "a.png"));
}

TEST_F(Folders, APictureOfSeveralNamesIsDoneOnce) {
  Picture("in/b.png");
  fs::create_symlink("b.png", Path("in/a.png"));  // first by name, but a link
  fs::create_directory_symlink("in", Path("link"));
  const std::vector<std::string> names[] = {{Path("in")},
                                            {Path("in/b.png"), Path("./in/b.png"), Path("in/../in/b.png")},
                                            {Path("in/b.png"), Path("in")},
                                            {Path("in/a.png"), Path("in/b.png")},
                                            {Path("link"), Path("in")},
                                            {Path("in"), Path("in")},
                                            {Path("in/"), Path("in/a.png")}};
  for (const std::vector<std::string>& given : names) {
    std::vector<std::string> arguments = given;
    arguments.emplace_back("--json");
    const json said = Json(Segment(arguments));
    ASSERT_EQ(said["pictures"].size(), 1u) << given.back();
    EXPECT_EQ(fs::path(said["pictures"][0]["input"].get<std::string>()).filename(), "b.png") << given.back();
    EXPECT_THAT(Results(), ElementsAre("b.png"));
    EXPECT_EQ(said["passed_over"][0]["reason"], "same picture");
    fs::remove_all(Path("out"));
  }
}

TEST_F(Folders, NamesDependOnTheSetOfInputsAlone) {
  for (const char* name : {"one/a.png", "two/a.png", "two/a.jpg", "two/b.png"}) Picture(name);
  EXPECT_EQ(Segment({Path("one"), Path("two")}).exit_code, 0);
  const std::vector<std::string> names = Results();
  EXPECT_THAT(names, ElementsAre("one/a.png", "two/a.jpg.png", "two/a.png.png", "two/b.png"));
  fs::remove_all(Path("out"));
  EXPECT_EQ(Segment({Path("two/b.png"), Path("two"), Path("one/a.png"), Path("one")}).exit_code, 0);
  EXPECT_EQ(Results(), names);
}

TEST_F(Folders, WithoutPicturesSayWhatIsInThem) {
  const auto says = [&](const std::string& what) {
    const ProgramResult result = Segment({Path("in")});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("the folder " + Path("in") + " holds no pictures: " + what));
    EXPECT_THAT(result.err, HasSubstr(".webp"));
    EXPECT_FALSE(fs::exists(Path("out")));
    return result.err;
  };
  says("it is empty");
  WriteFile(folder_ / "in/._a.png", std::string("of macOS"));
  says("it has hidden files alone");
  WriteFile(folder_ / "in/film.mp4", std::string("a film"));
  says("it has 1 file of another kind: film.mp4");
  Picture("in/sub/a.png");
  EXPECT_THAT(says("it has 1 file of another kind and 1 folder: film.mp4, sub"), HasSubstr("--recursive"));
  EXPECT_EQ(Segment({Path("in"), "--recursive"}).exit_code, 0);
}

}  // namespace
}  // namespace fcn
