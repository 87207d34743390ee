// Files of the user are never replaced without --overwrite. Reported in public of axondeepseg (69: labels take the
// place of a hand-made mask) and MONAI (1854: results of two pictures with one name).
//
// What was looked at: every verb that writes. segment, import, report and dataset generate check all names before any
// work and refuse again at the moment of writing (renameat2, so that what appears meanwhile is safe too); train refuses
// folders that hold a run, models, or a configuration, log or scores that are not a run's; eval, info, verify, bench
// and dataset check and stats write no files. Found as well: temporary files (NAME.PID.part) replaced what had their
// name; --overwrite would have replaced inputs through links, devices (report -o /dev/null as root) and, where upper
// and lower case are one, results of the same run; equal stems stopped runs, or met as overlay and labels. Found by an
// attack: segment d/images -o d/masks --overwrite replaced true masks; the flag replaces now no PNG without the mark of
// fcn segment (cli/result_mark.h). Probabilities (.probs.npy) have no mark, and a name that nobody else gives.
#include <unistd.h>

#include <fstream>

#include "formats/safetensors.h"
#include "reproducers/user_files.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ProgramResult;
using testing::ElementsAre;
using testing::HasSubstr;

class OverwrittenFiles : public test::UserFilesTest {
 protected:
  /// Runs the program in the test's folder.
  ProgramResult FcnHere(const std::string& arguments) const {
    return test::RunProgram({"/bin/sh", "-c", "cd '" + folder_.string() + "' && '" FCN_PROGRAM "' " + arguments});
  }
  void ExpectRefused(const ProgramResult& result, const std::string& says) const {
    EXPECT_EQ(result.exit_code, 2) << says;
    EXPECT_THAT(result.err, HasSubstr(says));
    EXPECT_THAT(result.err, testing::Not(HasSubstr("bug")));
  }
};

TEST_F(OverwrittenFiles, AMaskBesideItsPictureStays) {
  ModelFile();
  PictureFile("cat.jpg", 40, 30);  // a PNG in truth, which does not matter
  Put("cat.png");
  ExpectRefused(FcnHere("segment cat.jpg --model model.safetensors"), "./cat.png is there already");
  EXPECT_EQ(Get("cat.png"), "the user's");
  EXPECT_FALSE(fs::exists(Path("cat.overlay.png")));
  ExpectRefused(FcnHere("segment cat.jpg --model model.safetensors --overwrite"), "is no result of fcn segment");
  EXPECT_EQ(Get("cat.png"), "the user's");
  fs::remove(Path("cat.png"));
  for (int run = 0; run < 2; run++) {
    const ProgramResult written = FcnHere("segment cat.jpg --model model.safetensors --overwrite");
    EXPECT_EQ(written.exit_code, 0) << written.err;
  }
  EXPECT_EQ(ReadIndexedPng(Path("cat.png")).width, 40);
}

TEST_F(OverwrittenFiles, AFolderOfTrueMasksStays) {
  const std::string model = ModelFile();
  fs::create_directories(Path("d/images"));
  for (const char* name : {"a", "b", "c", "e"}) {
    PictureFile(std::string("d/images/") + name + ".png", 40, 30);
    Put(std::string("d/masks/") + name + ".png");
  }
  const ProgramResult result = Fcn({"segment", Path("d/images"), "--model", model, "-o", Path("d/masks")});
  ExpectRefused(result, "4 files are there already: " + Path("d/masks/a.png"));
  EXPECT_THAT(result.err, HasSubstr("--overwrite"));
  for (const char* name : {"a", "b", "c", "e"}) EXPECT_EQ(Get(std::string("d/masks/") + name + ".png"), "the user's");
  EXPECT_THAT(Files("d/masks"), testing::SizeIs(4));
}

TEST_F(OverwrittenFiles, TrueMasksStayEvenWithTheFlag) {
  const std::string model = ModelFile();
  // Also masks that fcn drew itself: they are no predictions.
  ASSERT_EQ(Fcn({"dataset", "generate", "-o", Path("d"), "--count", "2", "--val", "0", "--size", "64x48"}).exit_code,
            0);
  const std::vector<std::string> files = {"d/train/masks/scene_000000.png", "d/train/masks/scene_000001.png"};
  const std::string one = Get(files[0]), other = Get(files[1]);
  for (const char* overlay : {"--no-overlay", "--save-probs"}) {
    const ProgramResult result = Fcn({"segment", Path("d/train/images"), "--model", model, "-o", Path("d/train/masks"),
                                      "--overwrite", overlay, "--json"});
    ExpectRefused(result, Path(files[0]) + " is there already, and is no result of fcn segment");
    EXPECT_THAT(result.err, HasSubstr("Write elsewhere with -o, or remove that file first"));
    EXPECT_EQ(nlohmann::json::parse(result.out)["error"]["code"], "usage");
  }
  EXPECT_EQ(Get(files[0]), one);
  EXPECT_EQ(Get(files[1]), other);
  EXPECT_THAT(Files("d/train/masks"), testing::SizeIs(2));
  // A link that leads to one, and other pictures of the names of results.
  const std::string picture = PictureFile("photo.png", 40, 30);
  fs::create_directories(Path("out"));
  fs::create_symlink(Path(files[0]), Path("out/photo.png"));
  const std::vector<std::string> command = {"segment", picture, "--model", model, "-o", Path("out"), "--overwrite"};
  ExpectRefused(Fcn(command), "out/photo.png is there already, and is no result");
  EXPECT_EQ(Get(files[0]), one);
  fs::remove(Path("out/photo.png"));
  PictureFile("out/photo.overlay.png", 40, 30);
  ExpectRefused(Fcn(command), "out/photo.overlay.png is there already, and is no result");
}

TEST_F(OverwrittenFiles, TheFlagReplacesAllResults) {
  const std::string model = ModelFile(), picture = PictureFile("photo.png", 40, 30);
  const std::vector<std::string> command = {"segment",   picture,     "--model", model,          "-o",
                                            Path("out"), "--heatmap", "cat",     "--save-probs", "--overwrite"};
  ASSERT_EQ(Fcn(command).exit_code, 0);
  std::vector<std::string> before;
  for (const std::string& file : Files("out")) before.push_back(Get("out/" + file));
  EXPECT_THAT(before, testing::SizeIs(4));
  const ProgramResult again = Fcn(command);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  std::vector<std::string> after;
  for (const std::string& file : Files("out")) after.push_back(Get("out/" + file));
  EXPECT_EQ(after, before);
}

TEST_F(OverwrittenFiles, ASecondRunSaysWhatIsThere) {
  const std::string model = ModelFile(), picture = PictureFile("photo.png", 40, 30);
  const std::vector<std::string> command = {"segment", picture, "--model", model, "-o", Path("out")};
  EXPECT_EQ(Fcn(command).exit_code, 0);
  ExpectRefused(Fcn(command), "2 files are there already");
  // The labels alone count where only they are written.
  fs::remove(Path("out/photo.png"));
  std::vector<std::string> labels = command;
  labels.emplace_back("--no-overlay");
  EXPECT_EQ(Fcn(labels).exit_code, 0);
}

TEST_F(OverwrittenFiles, NoInputIsReplacedEvenWithTheFlag) {
  const std::string model = ModelFile(), picture = PictureFile("photo.png", 40, 30);
  const std::string before = Get("photo.png");
  fs::create_directories(Path("out"));
  const auto refused = [&] {
    ExpectRefused(Fcn({"segment", picture, "--model", model, "-o", Path("out"), "--overwrite"}),
                  "is an input of this run");
    EXPECT_EQ(Get("photo.png"), before);
  };
  fs::create_symlink(picture, Path("out/photo.png"));
  refused();
  fs::remove(Path("out/photo.png"));
  fs::create_hard_link(picture, Path("out/photo.png"));
  refused();
  fs::remove(Path("out/photo.png"));
  fs::create_symlink(model, Path("out/photo.overlay.png"));
  refused();
  // A picture of the same run in a folder that results go to.
  PictureFile("out/other.png", 40, 30);
  ExpectRefused(Fcn({"segment", picture, Path("out/other.png"), "--model", model, "-o", Path("out"), "--overwrite"}),
                "is an input of this run");
}

TEST_F(OverwrittenFiles, AFolderOrADeviceIsNoFileToReplace) {
  const std::string model = ModelFile(), picture = PictureFile("photo.png", 40, 30);
  fs::create_directories(Path("out/photo.png"));
  ExpectRefused(Fcn({"segment", picture, "--model", model, "-o", Path("out"), "--overwrite"}), "it is a folder");
  ExpectRefused(Fcn({"report", "--photo", picture, "--model", model, "-o", "/dev/null", "--overwrite"}),
                "it is a device");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(OverwrittenFiles, WhatAppearsMeanwhileStaysAndFailsAlone) {
  const std::string model = ModelFile();
  fs::create_directories(Path("in"));
  constexpr int kPictures = 40;
  for (int i = 10; i < 10 + kPictures; i++) PictureFile("in/" + std::to_string(i) + ".png", 250, 250);
  const std::string last = "out/" + std::to_string(10 + kPictures - 1) + ".png";
  const ProgramResult result =
      Fcn({"segment", Path("in"), "--model", model, "-o", Path("out"), "--overwrite"}, [&](int) {
        for (int i = 0; i < 2000 && !(fs::exists(Path("out")) && !Files("out").empty()); i++) usleep(2000);
        std::ofstream(Path(last)) << "the user's";
      });
  EXPECT_EQ(Get(last), "the user's");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr(Path(last)));
  EXPECT_THAT(result.out, HasSubstr("1 of 40 pictures failed"));
}

TEST_F(OverwrittenFiles, ResultsOfOneRunNeverMeet) {
  const std::string model = ModelFile();
  for (const char* folder : {"in", "one/images", "two/images"}) fs::create_directories(Path(folder));
  for (const char* name : {"in/plate.jpg", "in/plate.overlay.jpg", "in/plate.heat.png", "in/x.png", "in/x.tif",
                           "one/images/p.png", "two/images/p.png"})
    PictureFile(name, 40, 30);
  const ProgramResult result = Fcn({"segment", Path("in"), Path("one/images"), Path("two/images"), "--model", model,
                                    "-o", Path("out"), "--heatmap", "cat", "--no-overlay", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(Files("out"), ElementsAre("one", "plate.heat.png.heat.png", "plate.heat.png.png", "plate.jpg.heat.png",
                                        "plate.jpg.png", "plate.overlay.jpg.heat.png", "plate.overlay.jpg.png", "two",
                                        "x.png.heat.png", "x.png.png", "x.tif.heat.png", "x.tif.png"));
  EXPECT_THAT(Files("out/one/images"), ElementsAre("p.heat.png", "p.png"));
  EXPECT_THAT(Files("out/two/images"), ElementsAre("p.heat.png", "p.png"));
  EXPECT_EQ(nlohmann::json::parse(result.out)["pictures"][3]["labels"], Path("out/x.png.png"));
  EXPECT_THAT(result.err, HasSubstr("longer names"));
}

TEST_F(OverwrittenFiles, ImportedWeightsStay) {
  WriteSafetensors(folder_ / "w.safetensors", RandomWeights(FindModel("efficientnet-lite0").build(1000), 3), {});
  const std::string before = Get("w.safetensors");
  const auto import = [&](const std::string& output, bool overwrite) {
    std::vector<std::string> command = {"import", Path("w.safetensors"), "--model", "efficientnet-lite0", "-o", output};
    if (overwrite) command.emplace_back("--overwrite");
    return Fcn(command);
  };
  ExpectRefused(import(Path("w.safetensors"), false), "is an input of this run");
  ExpectRefused(import(Path("./w.safetensors"), true), "is an input of this run");
  EXPECT_EQ(Get("w.safetensors"), before);
  Put("other.safetensors");
  ExpectRefused(import(Path("other.safetensors"), false), "is there already");
  EXPECT_EQ(Get("other.safetensors"), "the user's");
  EXPECT_EQ(import(Path("other.safetensors"), true).exit_code, 0);
  EXPECT_NE(Get("other.safetensors"), "the user's");
}

TEST_F(OverwrittenFiles, APageReplacesNoPhotograph) {
  const std::string model = ModelFile(), photo = PictureFile("p.png", 40, 30);
  const auto report = [&](const std::string& output, bool overwrite) {
    std::vector<std::string> command = {"report", "--photo", photo, "--model", model, "-o", output};
    if (overwrite) command.emplace_back("--overwrite");
    return Fcn(command);
  };
  ExpectRefused(report(photo, true), "is an input of this run");
  ExpectRefused(report(model, true), "is an input of this run");
  Put("page.html");
  ExpectRefused(report(Path("page.html"), false), "is there already");
  EXPECT_EQ(Get("page.html"), "the user's");
  EXPECT_EQ(report(Path("page.html"), true).exit_code, 0);
}

TEST_F(OverwrittenFiles, GeneratedScenesReplaceOnlyScenes) {
  for (const char* name : {"s/classes.txt", "s/train/images/scene_mine.png", "s/train/images/scene_000007.png"})
    Put(name);
  const std::string theirs = Path("s/train/images/scene_000007.png");
  const std::vector<std::string> command = {"dataset", "generate", "-o", Path("s"), "--count",
                                            "1",       "--val",    "0",  "--size",  "64x48"};
  ExpectRefused(Fcn(command), "is not empty");
  EXPECT_EQ(Get("s/classes.txt"), "the user's");
  std::vector<std::string> overwriting = command;
  overwriting.emplace_back("--overwrite");
  ExpectRefused(Fcn(overwriting), "names other classes than those of the scenes");
  fs::remove(Path("s/classes.txt"));
  ExpectRefused(Fcn(overwriting), theirs + " is no scene of an earlier generation");
  EXPECT_EQ(Get("s/train/images/scene_000007.png"), "the user's");
  fs::remove(theirs);
  EXPECT_EQ(Fcn(overwriting).exit_code, 0);
  EXPECT_EQ(Fcn(overwriting).exit_code, 0);
  EXPECT_THAT(Files("s/train/images"), ElementsAre("scene_000000.png", "scene_mine.png"));
  EXPECT_FALSE(fs::exists(Path("s/.unfinished-scenes")));
  fs::remove(Path("s/classes.txt"));
  Put("s/.unfinished-scenes");  // as a kill leaves it
  EXPECT_EQ(Fcn(overwriting).exit_code, 0);
  fs::rename(Path("s/train/masks"), Path("elsewhere"));
  fs::create_directory_symlink("../../elsewhere", Path("s/train/masks"));
  ExpectRefused(Fcn(overwriting), "s/train/masks is a link");
  EXPECT_THAT(Files("elsewhere"), ElementsAre("scene_000000.png"));
}

TEST_F(OverwrittenFiles, AResumedTrainingReplacesNothingButItsOwn) {
  ASSERT_EQ(Fcn({"dataset", "generate", "-o", Path("s"), "--count", "2", "--val", "1", "--size", "64x64"}).exit_code,
            0);
  const auto train = [&](const std::string& rate, const std::string& output) {
    return Fcn({"train", "--data", Path("s"), "--model", "fcn32s-efficientnet-lite0", "-o", output, "--max-iters", "2",
                "--crop-size", "64x64", "--batch-size", "1", "--lr", rate});
  };
  const auto resume = [&](const std::string& what) { return Fcn({"train", "--resume", Path(what)}); };
  ASSERT_EQ(train("0.01", Path("run")).exit_code, 0);
  ASSERT_EQ(train("0.02", Path("other")).exit_code, 0);
  EXPECT_EQ(resume("run").exit_code, 0);

  // A checkpoint from elsewhere beside one's own files, or in another run's folder.
  for (const auto& [name, text] :
       {std::pair{"config.toml", "my = 1\n"}, {"log.jsonl", "precious\n"}, {"model.safetensors", "mine"}}) {
    for (const char* checkpoint : {"mine/friend.checkpoint", "mine/latest.checkpoint"}) {
      Put(std::string("mine/") + name, text);
      fs::copy_file(Path("run/latest.checkpoint"), Path(checkpoint));
      ExpectRefused(resume(checkpoint), Path(std::string("mine/") + name));
      EXPECT_EQ(Get(std::string("mine/") + name), text);
      fs::remove_all(Path("mine"));
    }
  }
  fs::copy_file(Path("other/latest.checkpoint"), Path("run/other.checkpoint"));
  ExpectRefused(resume("run/other.checkpoint"), "run holds a training already");
  fs::copy_file(Path("other/latest.checkpoint"), Path("run/latest.checkpoint"), fs::copy_options::overwrite_existing);
  ExpectRefused(resume("run"), Path("run/config.toml"));

  // Links lead out of the folder.
  for (const char* name : {"model.safetensors", "log.jsonl", "config.toml", "best.safetensors", "metrics.json"}) {
    fs::create_directory(Path("packed"));
    fs::copy_file(Path("other/latest.checkpoint"), Path("packed/latest.checkpoint"));
    fs::create_symlink("../elsewhere", Path(std::string("packed/") + name));
    ExpectRefused(resume("packed"), Path(std::string("packed/") + name));
    EXPECT_FALSE(fs::exists(Path("elsewhere")));
    fs::remove_all(Path("packed"));
  }

  // A checkpoint alone goes on, and so does a run that was moved.
  fs::create_directory(Path("alone"));
  fs::copy_file(Path("other/latest.checkpoint"), Path("alone/latest.checkpoint"));
  EXPECT_EQ(resume("alone").exit_code, 0);
  fs::rename(Path("other"), Path("moved"));
  fs::remove(Path("moved/best.safetensors"));
  const ProgramResult moved = resume("moved");
  EXPECT_EQ(moved.exit_code, 0) << moved.err;
  EXPECT_THAT(moved.out, HasSubstr("its model is not there any more"));
}

TEST_F(OverwrittenFiles, ATrainingReplacesNoForeignFile) {
  ASSERT_EQ(Fcn({"dataset", "generate", "-o", Path("s"), "--count", "2", "--val", "1", "--size", "64x64"}).exit_code,
            0);
  const std::vector<std::string> train = {"train",
                                          "--data",
                                          Path("s"),
                                          "--model",
                                          "fcn32s-efficientnet-lite0",
                                          "-o",
                                          Path("run"),
                                          "--max-iters",
                                          "1",
                                          "--crop-size",
                                          "64x64",
                                          "--batch-size",
                                          "1"};
  for (const auto& [name, text] : {std::pair{"config.toml", "theirs = 1\n"},
                                   {"config.toml", "# lr of old\nlr = 0.5\n"},
                                   {"log.jsonl", "{\"their\": \"log\"}\n"},
                                   {"metrics.json", "{}"}}) {
    Put(std::string("run/") + name, text);
    ExpectRefused(Fcn(train), Path(std::string("run/") + name));
    EXPECT_EQ(Get(std::string("run/") + name), text);
    fs::remove_all(Path("run"));
  }
  for (const char* name : {"latest.checkpoint", "best.safetensors", "model.safetensors", "config.toml"}) {
    fs::create_directory(Path("run"));
    fs::create_symlink("../elsewhere", Path(std::string("run/") + name));  // nothing is there
    ExpectRefused(Fcn(train), Path(std::string("run/") + name));
    EXPECT_FALSE(fs::exists(Path("elsewhere")));
    fs::remove_all(Path("run"));
  }
  EXPECT_EQ(Fcn(train).exit_code, 0);
}

}  // namespace
}  // namespace fcn
