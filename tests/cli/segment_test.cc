#include <unistd.h>

#include <csignal>

#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SegmentVerb : public ProgramTest {};

TEST_F(SegmentVerb, WritesLabelsOverlayHeatMapAndProbabilities) {
  const std::string model = ModelFile(), picture = PictureFile("photo.png", 75, 51);
  const ProgramResult result =
      Fcn({"segment", picture, "--model", model, "-o", Path("new/out"), "--heatmap", "dog", "--save-probs", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(Files("new/out"), ElementsAre("photo.heat.png", "photo.overlay.png", "photo.png", "photo.probs.npy"));
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["pictures"][0]["width"], 75);

  const IndexedImage labels = ReadIndexedPng(Path("new/out/photo.png"));
  EXPECT_EQ(labels.width, 75);
  EXPECT_EQ(labels.height, 51);
  EXPECT_EQ(labels.palette.size(), 3u);
  const Image overlay = ReadImage(Path("new/out/photo.overlay.png"));
  EXPECT_EQ(overlay.width, 75);
  EXPECT_EQ(overlay.height, 51);

  // The labels are the best of the probabilities, and these sum to one.
  const std::vector<uint8_t> npy = ReadFile(Path("new/out/photo.probs.npy"));
  const size_t header = npy.size() - size_t{75} * 51 * 3 * 4;
  EXPECT_EQ(header % 64, 0u);
  EXPECT_THAT(std::string(npy.begin(), npy.begin() + static_cast<std::ptrdiff_t>(header)),
              HasSubstr("'shape': (51, 75, 3,)"));
  for (size_t i = 0; i < size_t{75} * 51; i++) {
    float p[3];
    std::memcpy(p, npy.data() + header + i * sizeof p, sizeof p);
    EXPECT_NEAR(p[0] + p[1] + p[2], 1, 1e-5);
    EXPECT_EQ(p[labels.indices[i]], std::max({p[0], p[1], p[2]}));
  }
}

TEST_F(SegmentVerb, TheNumberOfThreadsChangesNoByteOfAnyFile) {
  const std::string model = ModelFile(), picture = PictureFile("photo.png", 97, 131);
  for (const char* threads : {"1", "2"}) {
    const ProgramResult result = Fcn(
        {"segment", picture, "--model", model, "-o", Path(threads), "--heatmap", "1", "--save-probs", "-j", threads});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  const std::vector<std::string> files = Files("1");
  EXPECT_EQ(files.size(), 4u);
  for (const std::string& file : files) EXPECT_EQ(ReadFile(Path("1/" + file)), ReadFile(Path("2/" + file))) << file;
}

TEST_F(SegmentVerb, TakesAnySize) {
  const std::string model = ModelFile();
  const std::pair<int, int> sizes[] = {{1, 1}, {1, 200}, {333, 2}, {31, 33}};
  for (const auto& [width, height] : sizes) {
    const std::string picture = PictureFile("p.png", width, height);
    const ProgramResult result = Fcn({"segment", picture, "--model", model, "-o", Path("out"), "--overwrite"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const IndexedImage labels = ReadIndexedPng(Path("out/p.png"));
    EXPECT_EQ(labels.width, width);
    EXPECT_EQ(labels.height, height);
  }
}

TEST_F(SegmentVerb, GoesThroughAFolderAndPastBadFiles) {
  const std::string model = ModelFile();
  std::filesystem::create_directory(Path("in"));
  PictureFile("in/a.png", 40, 40);
  PictureFile("in/c.png", 50, 40);
  WriteFile(Path("in/b.jpg"), "this is no JPEG");
  WriteFile(Path("in/notes.txt"), "nor is this a picture");
  std::filesystem::create_directory(Path("in/folder.jpg"));
  const ProgramResult result = Fcn({"segment", Path("in"), "--model", model, "-o", Path("out"), "--no-overlay"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("b.jpg"));
  EXPECT_THAT(result.out, HasSubstr("1 of 3 pictures failed"));
  EXPECT_THAT(Files("out"), ElementsAre("a.png", "c.png"));
}

TEST_F(SegmentVerb, ManyPicturesComeInOrderForAnyNumberOfThreads) {
  const std::string model = ModelFile();
  std::filesystem::create_directory(Path("in"));
  constexpr int kPictures = 14;
  for (int i = 0; i < kPictures; i++) {
    const std::string name = "in/" + std::to_string(10 + i) + ".png";
    if (i % 5 == 2) {
      WriteFile(Path(name), "this is no PNG");
    } else {
      PictureFile(name, 30 + 7 * i, 40);
    }
  }
  PictureFile("in/12large.png", 1100, 1000);  // done alone
  ProgramResult results[3];
  for (int threads = 1; threads <= 3; threads++) {
    const std::string count = std::to_string(threads);
    results[threads - 1] =
        Fcn({"segment", Path("in"), "--model", model, "-o", Path("out"), "--no-overlay", "-j", count, "--json"});
    EXPECT_EQ(results[threads - 1].exit_code, 1);
    std::filesystem::rename(Path("out"), Path(count));
  }
  nlohmann::json first = nlohmann::json::parse(results[0].out);
  EXPECT_EQ(first["pictures"].size(), kPictures + 1u);
  EXPECT_EQ(first["failed"], 3);
  EXPECT_GT(first["images_per_second"], 0);
  double milliseconds = 0;
  for (const char* stage : {"decode", "prepare", "network", "write"}) {
    EXPECT_GT(first["milliseconds"][stage], 0) << stage;
    milliseconds += first["milliseconds"][stage].get<double>();
  }
  // With one thread pictures are done one after the other, and little else is done.
  EXPECT_LE(milliseconds * (kPictures + 1 - 3), 1000 * first["seconds"].get<double>());
  for (int other : {1, 2}) {
    const nlohmann::json json = nlohmann::json::parse(results[other].out);
    EXPECT_EQ(json["pictures"], first["pictures"]);
    EXPECT_EQ(results[other].err, results[0].err);
    for (const std::string& file : Files("1"))
      EXPECT_EQ(ReadFile(Path("1/" + file)), ReadFile(Path(std::to_string(other + 1) + "/" + file))) << file;
  }
  EXPECT_THAT(Files("1"), testing::SizeIs(kPictures + 1 - 3));
  EXPECT_THAT(Files("2"), testing::ElementsAreArray(Files("1")));
}

TEST_F(SegmentVerb, NamesWhatIsWrong) {
  const std::string model = ModelFile(), picture = PictureFile("photo.png", 40, 40);
  WriteFile(Path("empty.png"), "");
  WriteFile(Path("checkpoint.pth"), std::string(100, '\x80'));
  WriteFile(Path("cut.safetensors"), std::string("\x10\0\0\0\0\0\0\0{\"a\"", 12));
  struct Case {
    std::vector<std::string> arguments;
    int code;
    const char* said;
  };
  const Case cases[] = {
      {{"segment", Path("missing.png"), "--model", model}, 1, "missing.png"},
      {{"segment", Path("empty.png"), "--model", model}, 1, "empty.png"},
      {{"segment", picture, "--model", Path("missing.safetensors")}, 1, "missing.safetensors"},
      {{"segment", picture, "--model", Path("cut.safetensors")}, 1, "cut.safetensors"},
      {{"segment", picture, "--model", picture}, 1, "photo.png"},
      {{"segment", picture, "--model", model, "--heatmap", "dgo"}, 2, "\"dog\""},
      {{"segment", picture, "--model", model, "--heatmap", "3"}, 2, "0 to 2"},
      {{"segment", picture, "--model", model, "--heatmap", "2-1"}, 2, "2-1"},
      {{"segment", picture, "--model", model, "--heatmap", ""}, 2, "no class"},
      {{"segment", picture, "--model", Path("checkpoint.pth")}, 1, "fcn import"},
      {{"segment", picture, "--model", model, "--top", "5"}, 2, "classifier"},
      {{"segment", picture, "--model", model, "-o", picture}, 1, "photo.png"},
  };
  for (Case c : cases) {
    if (std::find(c.arguments.begin(), c.arguments.end(), "-o") == c.arguments.end())
      c.arguments.insert(c.arguments.end(), {"-o", Path("out")});
    const ProgramResult result = Fcn(c.arguments);
    EXPECT_EQ(result.exit_code, c.code) << c.said;
    EXPECT_THAT(result.err, HasSubstr(c.said));
  }
}

TEST_F(SegmentVerb, NeverReplacesThePicture) {
  const std::string model = ModelFile(), picture = PictureFile("photo.png", 40, 40);
  const std::vector<uint8_t> before = ReadFile(picture);
  const ProgramResult result = Fcn({"segment", picture, "--model", model, "-o", Path("."), "--overwrite"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("photo.png would be replaced, but is an input of this run"));
  EXPECT_EQ(ReadFile(picture), before);
}

TEST_F(SegmentVerb, StopsOnInterruptAndLeavesNothingHalfWritten) {
  const std::string model = ModelFile();
  std::filesystem::create_directory(Path("in"));
  for (int i = 0; i < 60; i++) PictureFile("in/" + std::to_string(i) + ".png", 300, 300);
  const ProgramResult result = Fcn({"segment", Path("in"), "--model", model, "-o", Path("out")}, [&](int pid) {
    // As soon as the first result is there.
    for (int i = 0; i < 2000 && !(std::filesystem::exists(Path("out")) && !Files("out").empty()); i++) usleep(2000);
    kill(pid, SIGINT);
  });
  EXPECT_EQ(result.exit_code, 128 + SIGINT);
  EXPECT_THAT(result.err, HasSubstr("stopped by SIGINT"));
  const std::vector<std::string> files = Files("out");
  EXPECT_LT(files.size(), 120u);
  for (const std::string& file : files) {
    EXPECT_THAT(file, testing::EndsWith(".png"));
    EXPECT_EQ(ReadImage(Path("out/" + file)).width, 300) << file;
  }
}

}  // namespace
}  // namespace fcn::test
