// report of several models, stats --upper-bound, segment --voc-results.

#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ComparedModels : public ProgramTest {
 protected:
  void SetUp() override {
    for (uint64_t i = 0; i < 3; i++) {
      const std::string name = std::string(1, static_cast<char>('a' + i)) + "<i>.png";
      std::filesystem::create_directories(Path("data/images"));
      std::filesystem::create_directories(Path("data/masks"));
      PictureFile("data/images/" + name, 64, 48);
      std::vector<uint8_t> labels;
      for (uint64_t p = 0; p < 64 * 48; p++) labels.push_back(static_cast<uint8_t>(RandomBits(i, p / 64) % 3));
      WriteIndexedPng(Path("data/masks/" + name), labels.data(), 64, 48, VocPalette());
    }
    std::filesystem::create_directories(Path("other"));
  }

  /// ModelFile()'s under another name, of other classes where they are given.
  std::string Other(const std::string& name, const std::vector<std::string>& classes = {}) const {
    ModelContents model = LoadModel(ModelFile());
    if (!classes.empty()) model.heads[0].classes = classes;
    SaveModel(Path(name), model);
    return Path(name);
  }

  ProgramResult Report(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "report");
    return Fcn(arguments);
  }

  std::string Page(const std::string& name = "page.html") const {
    const std::vector<uint8_t> bytes = ReadFile(Path(name));
    return {bytes.begin(), bytes.end()};
  }
};

TEST_F(ComparedModels, FiguresAreThoseOfEval) {
  const std::string first = ModelFile(), second = Other("other/model.safetensors");
  const ProgramResult result =
      Report({first, second, "--data", Path("data"), "-o", Path("page.html"), "--json", "--rows", "2"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const ProgramResult evaluated = Fcn({"eval", "--model", first, "--data", Path("data"), "--json"});
  const json report = json::parse(result.out), scores = json::parse(evaluated.out);
  ASSERT_EQ(report.at("models").size(), 2u);
  for (json model : report.at("models")) {
    int64_t pixels = 0;
    for (const json& row : model.at("confusion"))
      for (const json& count : row) pixels += count.get<int64_t>();
    EXPECT_EQ(pixels, 3 * 64 * 48);
    for (const char* more : {"name", "file", "confusion"}) model.erase(more);
    EXPECT_EQ(model, scores);
  }
  EXPECT_EQ(report.at("models")[1].at("name"), "other/model");
  ASSERT_EQ(report.at("rows").size(), 2u);
  EXPECT_EQ(report.at("rows")[0].at("rank"), "typical");
  EXPECT_EQ(report.at("rows")[0].at("mean_iu").size(), 2u);

  const std::string page = Page();
  EXPECT_THAT(page, AllOf(testing::StartsWith("<!DOCTYPE html>"), testing::EndsWith("</html>\n"),
                          HasSubstr("other/model"), HasSubstr("&lt;i&gt;"), Not(HasSubstr("<i>"))));

  const ProgramResult table =
      Report({first, "--data", Path("data"), "-o", Path("one.html"), "--rows", "0", "--title", "One", "-j", "1"});
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("mIoU"), HasSubstr("one.html")));
  EXPECT_THAT(Page("one.html"), AllOf(HasSubstr("<h1>One</h1>"), Not(HasSubstr("<img"))));
}

TEST_F(ComparedModels, RefusesWhatCannotBeCompared) {
  const std::string model = ModelFile(), others = Other("bus.safetensors", {"background", "cat", "bus"});
  const std::string data = Path("data"), page = Path("page.html");
  struct Case {
    std::vector<std::string> arguments;
    const char* message;
  };
  const Case cases[] = {
      {{model, others, "--data", data, "-o", page},
       "model and bus tell different classes apart: the class 2 is \"dog\" and \"bus\""},
      {{model, model, "--data", data, "-o", page}, "is given twice"},
      {{model, "-o", page}, "--data"},
      {{"--data", data, "-o", page}, "there is none"},
      {{model, "--run", Path("run"), "--data", data, "-o", page}, "a page of their own"},
      {{model, "--photo", Path("data/images/a<i>.png"), "--data", data, "-o", page}, "a page of their own"},
      {{model, "--data", data, "-o", Path("data/images/a<i>.png"), "--overwrite"}, "is an input of this run"},
      {{model, "--data", data, "-o", model, "--overwrite"}, "is an input of this run"},
  };
  for (const Case& c : cases) {
    const ProgramResult result = Report(c.arguments);
    EXPECT_EQ(result.exit_code, 2) << c.message;
    EXPECT_THAT(result.err, HasSubstr(c.message));
  }
  EXPECT_FALSE(std::filesystem::exists(page));
  WriteFile(page, std::string("mine"));
  EXPECT_THAT(Report({model, "--data", data, "-o", page}).err, HasSubstr("is there already"));
  EXPECT_EQ(Page(), "mine");
}

TEST_F(ComparedModels, TooLittleMemoryNamesTheModel) {
  const ProgramResult result =
      Report({ModelFile(), "--data", Path("data"), "-o", Path("page.html"), "--max-memory", "1M"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("model: "), HasSubstr("--max-memory")));
}

TEST_F(ComparedModels, StatsSayWhatCoarsePredictionsCanReach) {
  const std::vector<std::string> stats = {"dataset", "stats", "--data", Path("data"), "--classes=3", "--json"};
  EXPECT_FALSE(json::parse(Fcn(stats).out).contains("upper_bounds"));
  std::vector<std::string> command = stats;
  command.emplace_back("--upper-bound");
  const ProgramResult paper = Fcn(command);
  ASSERT_EQ(paper.exit_code, 0) << paper.err;
  std::vector<int> strides;
  const json answer = json::parse(paper.out);
  for (const json& bound : answer.at("upper_bounds")) {
    strides.push_back(bound.at("stride"));
    EXPECT_LT(bound.at("mean_iu"), 1);
  }
  EXPECT_THAT(strides, ElementsAre(128, 64, 32, 16, 8, 4));
  command.emplace_back("2,1");
  const ProgramResult own = Fcn(command);
  EXPECT_EQ(json::parse(own.out).at("upper_bounds")[1].at("mean_iu"), 1.0);
  command.back() = "8,0";
  const ProgramResult refused = Fcn(command);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("no strides"));
}

TEST_F(ComparedModels, VocResultsAreWhatTheServerTakes) {
  const std::string voc = Path("VOC2011");
  std::filesystem::create_directories(Path("VOC2011/JPEGImages"));
  std::filesystem::create_directories(Path("VOC2011/ImageSets/Segmentation"));
  for (const char* name : {"2007_000001", "2007_000002", "2007_000003"})
    PictureFile("VOC2011/JPEGImages/" + std::string(name) + ".jpg", 50, 40);
  WriteFile(Path("VOC2011/ImageSets/Segmentation/test.txt"), std::string("2007_000003\n2007_000001\n"));
  const std::string model = ModelFile();
  const ProgramResult result =
      Fcn({"segment", voc, "--model", model, "--voc-results", "comp6_test_cls", "-o", Path("out")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string folder = "out/results/VOC2011/Segmentation/comp6_test_cls";
  EXPECT_THAT(Files(folder), ElementsAre("2007_000001.png", "2007_000003.png"));

  ASSERT_EQ(Fcn({"segment", voc + "/JPEGImages/2007_000001.jpg", "--model", model, "-o", Path("plain")}).exit_code, 0);
  const IndexedImage labels = ReadIndexedPng(Path(folder + "/2007_000001.png"));
  const IndexedImage plain = ReadIndexedPng(Path("plain/2007_000001.png"));
  EXPECT_EQ(labels.palette, VocPalette());
  ASSERT_EQ(labels.indices.size(), plain.indices.size());
  const uint8_t of_class[] = {0, 8, 12};  // background, cat, dog
  for (size_t i = 0; i < labels.indices.size(); i++) ASSERT_EQ(labels.indices[i], of_class[plain.indices[i]]);

  struct Case {
    std::vector<std::string> arguments;
    const char* message;
  };
  const Case cases[] = {
      {{voc, "--voc-results", "comp6_test_cls", "--save-probs"}, "labels and nothing else"},
      {{voc, "--voc-results", "comp7_test_cls"}, "no task of PASCAL VOC's server"},
      {{voc, voc, "--voc-results", "comp6_test_cls"}, "VOC's own folder"},
      {{voc + "/JPEGImages/2007_000001.jpg", "--voc-results", "comp6_test_cls"}, "VOC's own folder"},
  };
  for (const Case& c : cases) {
    std::vector<std::string> arguments = {"segment", "--model", model, "-o", Path("none")};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    const ProgramResult refused = Fcn(arguments);
    EXPECT_EQ(refused.exit_code, 2) << c.message;
    EXPECT_THAT(refused.err, HasSubstr(c.message));
  }
  const std::string other = Other("other.safetensors", {"background", "cat", "bicycles"});
  EXPECT_THAT(Fcn({"segment", voc, "--model", other, "--voc-results", "comp5_test_cls", "-o", Path("none")}).err,
              HasSubstr("Did you mean bicycle?"));
  EXPECT_FALSE(std::filesystem::exists(Path("none")));
}

}  // namespace
}  // namespace fcn::test
