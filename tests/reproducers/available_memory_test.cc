// What is planned is compared with the memory that is available, not with what is built in. A 96-megapixel picture on
// fcn_resnet50, planned at 23.7 GB on a machine of 25.3 GB in use by others, was let through and killed by the kernel
// after six minutes. Reported in public of mmsegmentation (2297, 1745, 2108) and others as programs that vanish.
//
// What else of this kind was looked at: every limit that a process can have (the machine, cgroups of both versions on
// every level, containers, ulimit -v and -d, the commit limit: src/base/machine_test.cc, on made-up trees), every verb
// that plans (segment, report, eval, verify, import and bench through Predictor; train), what is planned for
// (labels, probabilities and heat maps of a large picture count as well, src/segment/predictor/predictor.cc), pictures
// side by side (they wait for each other, src/segment/predictor/program_cache_test.cc), and memory that was freed but
// not given back. Swap does not count. Here the whole program runs under ulimit -v; verify and import compute pictures
// too small to be refused so.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>

#include "fcn/drawing.h"
#include "support/program_fixture.h"

namespace fcn {
namespace {

using testing::HasSubstr;

/// Lets this process and those that it starts have so many bytes of addresses while it lives.
class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(rlim_t bytes) {
    getrlimit(RLIMIT_AS, &old_);
    const rlimit lower{bytes, old_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_AS, &lower), 0);
  }
  ~AddressSpaceLimit() { setrlimit(RLIMIT_AS, &old_); }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;

 private:
  rlimit old_{};
};

#ifndef FCN_SANITIZED  // sanitizers reserve terabytes of addresses

class AvailableMemory : public test::ProgramTest {
 protected:
  static constexpr rlim_t kLimit = rlim_t{1} << 29;

  static test::ProgramResult FcnLimited(const std::vector<std::string>& arguments) {
    const AddressSpaceLimit limit(kLimit);
    return Fcn(arguments);
  }
  std::string FlatPicture(const std::string& name, int width, int height) const {
    const Image image{width, height,
                      std::vector<uint8_t>(size_t{3} * static_cast<size_t>(width) * static_cast<size_t>(height), 90)};
    std::filesystem::create_directories(std::filesystem::path(Path(name)).parent_path());
    WriteRgbPng(Path(name), image);
    return Path(name);
  }
  static void ExpectRefused(const std::vector<std::string>& arguments) {
    const test::ProgramResult result = FcnLimited(arguments);
    EXPECT_EQ(result.exit_code, 1) << arguments[0];
    EXPECT_THAT(result.err, HasSubstr("are available (ulimit -v: 537 MB)")) << arguments[0];
  }
};

TEST_F(AvailableMemory, ALargePictureIsRefusedAtOnceAndTheSizeThatIsNamedFits) {
  const std::string model = ModelFile(), large = FlatPicture("large.png", 4000, 3000);
  const auto start = std::chrono::steady_clock::now();
  const test::ProgramResult refused = FcnLimited({"segment", large, "--model", model, "-o", Path("out")});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << "it was computed";
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("are available (ulimit -v: 537 MB)"));
  EXPECT_THAT(refused.err, HasSubstr("raise that limit"));
  EXPECT_EQ(Files("out").size(), 0u);

  int width = 0, height = 0;
  const size_t size = refused.err.find("an image of at most ");
  ASSERT_NE(size, std::string::npos) << refused.err;
  ASSERT_EQ(std::sscanf(refused.err.c_str() + size, "an image of at most %dx%d", &width, &height), 2);
  EXPECT_GT(width, 1000);
  const std::string fits = FlatPicture("fits.png", width, height);
  const test::ProgramResult done =
      FcnLimited({"segment", fits, "--model", model, "-o", Path("out"), "--no-overlay", "-j", "2"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
}

TEST_F(AvailableMemory, OutputMapsAreCounted) {
  // 2000x1500 pixels with 3 classes are 36 MB of probabilities, twice; with 200 they are more than there is.
  const ZooEntry& entry = FindModel("fcn32s-efficientnet-lite0");
  std::vector<std::string> classes;
  classes.reserve(200);
  for (int i = 0; i < 200; i++) classes.push_back(std::to_string(i));
  SaveModel(Path("many.safetensors"), MakeModel(entry, RandomWeights(entry.build(200), 1), classes));
  const std::string picture = FlatPicture("p.png", 800, 600);
  const std::vector<std::string> segment = {"segment", picture,     "--model",     Path("many.safetensors"),
                                            "-o",      Path("out"), "--no-overlay"};
  EXPECT_EQ(FcnLimited(segment).exit_code, 0);
  std::vector<std::string> with_probabilities = segment;
  with_probabilities.insert(with_probabilities.end(), {"--save-probs", "--overwrite"});
  ExpectRefused(with_probabilities);
}

TEST_F(AvailableMemory, EveryVerbThatPlansRefuses) {
  const std::string model = ModelFile(), large = FlatPicture("data/images/a.png", 4000, 3000);
  std::filesystem::create_directories(Path("data/masks"));
  std::vector<uint8_t> labels(size_t{4000} * 3000);
  labels[0] = 1, labels[1] = 2;
  WriteIndexedPng(Path("data/masks/a.png"), labels.data(), 4000, 3000, VocPalette());
  ExpectRefused({"report", "--photo", large, "--model", model, "-o", Path("page.html")});
  ExpectRefused({"eval", "--model", model, "--data", Path("data")});
  ExpectRefused({"bench", "--model", model, "--size", "4000x3000", "--runs", "1"});
  ExpectRefused({"bench", "--model", model, "--size", "1000x1000", "--batch", "4", "--train", "--runs", "1"});
  ASSERT_EQ(
      Fcn({"dataset", "generate", "-o", Path("scenes"), "--count", "2", "--val", "1", "--size", "64x48"}).exit_code, 0);
  WriteFile(Path("config.toml"), std::string(R"(
model = "fcn32s-efficientnet-lite0"
dataset = "scenes"
crop_size = [1000, 1000]
batch_size = 4
max_iters = 1
)"));
  ExpectRefused({"train", "--config", Path("config.toml"), "--data", Path("scenes"), "-o", Path("run")});
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
  // A step that fits, and a validation picture that does not.
  const std::vector<std::string> train = {"train",
                                          "--data",
                                          Path("data"),
                                          "--model",
                                          "fcn32s-efficientnet-lite0",
                                          "--classes",
                                          "a,b,c",
                                          "--train-split",
                                          "[:1]",
                                          "--val-split",
                                          "[:1]",
                                          "--crop-size",
                                          "32x32",
                                          "-b",
                                          "1",
                                          "--max-iters",
                                          "1",
                                          "-o",
                                          Path("run")};
  ExpectRefused(train);
  const std::string message = FcnLimited(train).err;
  EXPECT_THAT(message, HasSubstr("validating a picture of 4000x3000 pixels would need"));
  EXPECT_THAT(message, HasSubstr("or raise that limit"));
  EXPECT_THAT(message, testing::Not(HasSubstr("--max-memory")));
}

TEST_F(AvailableMemory, ALimitThatIsNotReachedChangesNoByte) {
  const std::string model = ModelFile(), picture = PictureFile("p.png", 300, 200);
  const std::vector<std::string> segment = {"segment", picture, "--model", model, "--save-probs", "-o"};
  const auto run = [&](bool limited, const char* folder) {
    std::vector<std::string> command = segment;
    command.push_back(Path(folder));
    EXPECT_EQ((limited ? FcnLimited(command) : Fcn(command)).exit_code, 0);
  };
  run(false, "free");
  run(true, "limited");
  for (const std::string& file : Files("free"))
    EXPECT_EQ(ReadFile(Path("free/" + file)), ReadFile(Path("limited/" + file))) << file;
}

#endif

}  // namespace
}  // namespace fcn
