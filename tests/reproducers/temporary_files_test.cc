// Temporary files. Tried: a link that lies where NAME.PID.part would be had its target overwritten; 0600 became 0644; a
// device was replaced by a file; killed runs left .part files, and a resume deleted those of a process that lived.
//
// What else of this kind was looked at: all verbs that write (train, segment, import, report, dataset generate), killed
// at every signal while they write; links, pipes and sockets as outputs; two results behind links to one file; files of
// the user that look like ours. base/atomic_file_test.cc has the same of single files, both with unnamed temporary
// files and with named ones, and of owners and groups.
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "formats/safetensors.h"
#include "reproducers/user_files.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ProgramResult;
using testing::HasSubstr;

class TemporaryFiles : public test::UserFilesTest {
 protected:
  /// Every file below the test's folder whose name says that it is temporary.
  std::vector<std::string> Temporaries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      if (entry.path().filename().string().find(".part") != std::string::npos) names.push_back(entry.path());
    return names;
  }
  std::vector<std::string> Report(const std::string& output) const {
    return {"report", "--photo", Path("photo.png"), "--model", Path("model.safetensors"), "-o", output, "--overwrite"};
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }
};

TEST_F(TemporaryFiles, AreNotLeftByAnySignalInAnyVerb) {
  const std::string model = ModelFile();
  PictureFile("photo.png", 40, 30);
  fs::create_directories(Path("in"));
  for (int i = 0; i < 200; i++) fs::copy_file(Path("photo.png"), Path("in/" + std::to_string(i) + ".png"));
  WriteSafetensors(folder_ / "w.safetensors", RandomWeights(FindModel("efficientnet-lite0").build(1000), 3), {});
  Pairs(4, test::Halves);
  const std::vector<std::vector<std::string>> commands = {
      Train({"--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", "1000",
             "--checkpoint-interval", "1", "--val-interval", "1"}),
      {"segment", Path("in"), "--model", model, "-o", Path("out"), "--overwrite"},
      {"import", Path("w.safetensors"), "--model", "efficientnet-lite0", "-o", Path("made.safetensors"), "--overwrite"},
      {"dataset", "generate", "-o", Path("scenes"), "--count", "1000", "--overwrite"},
      Report(Path("page.html"))};
  // A file without a name gets its temporary one a moment before the final one: a kill in between leaves that, rarely.
  size_t left = 0;
  for (const auto& command : commands) {
    int delay = 100;
    for (const int signal : {SIGKILL, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1}) {
      std::vector<std::string> limited = {"/bin/sh", "-c", R"(ulimit -c 0; exec "$0" "$@")", FCN_PROGRAM};
      limited.insert(limited.end(), command.begin(), command.end());
      test::RunProgram(limited, [&, signal = signal](int pid) {
        std::this_thread::sleep_for(std::chrono::milliseconds(delay += 37));
        kill(pid, signal);
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        kill(pid, SIGKILL);
      });
      for (const auto& temporary : Temporaries()) {
        left++;
        fs::remove(temporary);
      }
      EXPECT_LE(left, 1u) << command[0] << " after signal " << signal;
      fs::remove_all(Path("run"));
    }
  }
}

TEST_F(TemporaryFiles, OfKilledRunsGoAndOthersStay) {
  const std::string model = ModelFile();
  PictureFile("photo.png", 40, 30);
  Put("out/photo.png.4711.part"), Put("out/photo.overlay.png.4711.1.part"), Put("out/other.png.4711.part");
  Put("out/photo.png.backup.part");
  EXPECT_EQ(Fcn({"segment", Path("photo.png"), "--model", model, "-o", Path("out")}).exit_code, 0);
  EXPECT_THAT(Files("out"),
              testing::ElementsAre("other.png.4711.part", "photo.overlay.png", "photo.png", "photo.png.backup.part"));
  // A name so long that it was cut.
  PictureFile(std::string(251, 'x') + ".png", 40, 30);
  Put("long/" + std::string(245, 'x') + ".4711.part"), Put("long/" + std::string(245, 'y') + ".4711.part");
  EXPECT_EQ(Fcn({"segment", Path(std::string(251, 'x') + ".png"), "--model", model, "-o", Path("long"), "--no-overlay"})
                .exit_code,
            0);
  EXPECT_THAT(Files("long"),
              testing::ElementsAre(std::string(251, 'x') + ".png", std::string(245, 'y') + ".4711.part"));
  fs::remove_all(Path("long"));
  Put("page.html.4711.part");
  EXPECT_EQ(Fcn(Report(Path("page.html"))).exit_code, 0);
  EXPECT_FALSE(fs::exists(Path("page.html.4711.part")));
  Put("scenes/train/images/scene_000000.png.4711.part"), Put("scenes/classes.txt.4711.part");
  EXPECT_EQ(
      Fcn({"dataset", "generate", "-o", Path("scenes"), "--count", "1", "--val", "0", "--size", "64x48", "--overwrite"})
          .exit_code,
      0);
  EXPECT_THAT(Temporaries(), testing::SizeIs(2));
}

TEST_F(TemporaryFiles, PermissionsAndLinksOfWhatIsReplacedStay) {
  ModelFile();
  PictureFile("photo.png", 40, 30);
  Put("far/page.html");
  ASSERT_EQ(chmod(Path("far/page.html").c_str(), 0600), 0);
  fs::create_symlink("far/page.html", Path("page.html"));
  ASSERT_EQ(Fcn(Report(Path("page.html"))).exit_code, 0);
  EXPECT_TRUE(fs::is_symlink(Path("page.html")));
  EXPECT_THAT(Get("far/page.html"), HasSubstr("<html"));
  EXPECT_EQ(ModeOf(Path("far/page.html")), 0600u);
}

TEST_F(TemporaryFiles, WhatIsNoFileIsRefusedInEveryVerbBeforeAnyWork) {
  const std::string model = ModelFile(), photo = PictureFile("photo.png", 40, 30);
  WriteSafetensors(folder_ / "w.safetensors", RandomWeights(FindModel("efficientnet-lite0").build(1000), 3), {});
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  fs::create_directories(Path("out"));
  ASSERT_EQ(mkfifo(Path("out/photo.png").c_str(), 0600), 0);
  const auto refused = [](const std::vector<std::string>& command, const std::string& what) {
    const ProgramResult result = Fcn(command);
    EXPECT_EQ(result.exit_code, 2) << command[0] << result.err;
    EXPECT_THAT(result.err, HasSubstr(what)) << command[0];
    EXPECT_THAT(result.err, HasSubstr("Write a file of another name")) << command[0];
  };
  const auto import = [&](const std::string& output) {
    return std::vector<std::string>{"import", Path("w.safetensors"), "--model", "efficientnet-lite0", "-o",
                                    output,   "--overwrite"};
  };
  for (const auto& [path, what] :
       {std::pair{Path("pipe"), "it is a pipe"}, {std::string("/dev/null"), "it is a device"}}) {
    refused(Report(path), what);
    refused(import(path), what);
  }
  refused({"segment", photo, "--model", model, "-o", Path("out"), "--overwrite"}, "it is a pipe");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_TRUE(fs::is_fifo(Path("pipe")));
  const ProgramResult piped = test::RunProgram({"/bin/bash", "-c",
                                                "set -o pipefail; '" FCN_PROGRAM "' report --photo '" + photo +
                                                    "' --model '" + model + "' -o /dev/stdout --overwrite | cat"});
  EXPECT_EQ(piped.exit_code, 2);
  EXPECT_THAT(piped.err, HasSubstr("/dev/stdout: it is a pipe"));
}

TEST_F(TemporaryFiles, OfATrainingAreNeverPipesOrDevices) {
  Pairs(4, test::Halves);
  const std::vector<std::string> train =
      Train({"--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", "1"});
  for (const char* name :
       {"config.toml", "log.jsonl", "metrics.json", "best.safetensors", "model.safetensors", "lock"}) {
    fs::create_directories(Path("run"));
    ASSERT_EQ(mkfifo((folder_ / "run" / name).c_str(), 0600), 0);
    const ProgramResult result = Fcn(train);
    EXPECT_NE(result.exit_code, 0) << name;
    EXPECT_THAT(result.err, HasSubstr(name));
    EXPECT_TRUE(fs::is_fifo(folder_ / "run" / name)) << name;
    EXPECT_THAT(Files("run"), testing::ElementsAre(name));
    fs::remove_all(Path("run"));
  }
}

}  // namespace
}  // namespace fcn
