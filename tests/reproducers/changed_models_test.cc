// A model file that others change while it is used. It was mapped: cut short it ended the program with SIGBUS and
// without a word, and of 400 pictures 290 got wrong labels, exit code 0, when it was overwritten in place.
//
// Small files are read now, so nothing that becomes of them matters. Large ones are mapped and looked at before and
// after weights are packed, copied, hashed or written; SIGBUS is an error that names the file. Looked at: all that
// reads weights (base/whole_file.h is the only place that maps): model files, checkpoints, .pth files and safetensors
// of others, in segment, eval, verify, import, train --weights and --resume. Pictures and labels are read whole. A file
// that is replaced by a rename, as fcn itself does, stays what it was for whoever has it open.
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/fatal_errors.h"
#include "formats/weights.h"
#include "models/import.h"
#include "reproducers/training_data.h"
#include "support/expect_error.h"
#include "train/parameters.h"
#include "train/start.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;
using test::ProgramResult;
using testing::HasSubstr;
using testing::IsEmpty;

class ChangedModels : public test::ProgramTest {
 protected:
  using Change = std::function<void(const std::string& model)>;

  /// Of more than 64 MB.
  std::string LargeModel() const {
    const ZooEntry& entry = FindModel("fcn32s-resnet50");
    SaveModel(Path("large.safetensors"), MakeModel(entry, RandomWeights(entry.build(3), 1), {"a", "b", "c"}));
    return Path("large.safetensors");
  }

  static void CutShort(const std::string& model) { fs::resize_file(model, 5000); }
  static void Overwrite(const std::string& model) {
    std::fstream file(model, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(-4 * 100'000, std::ios::end);
    file << std::string(4 * 50'000, 'x');
  }
  static void Replace(const std::string& model) {
    std::ofstream(model + ".new") << "another";
    fs::rename(model + ".new", model);
  }

  /// Segments a picture that comes through a pipe: the model is changed when it has been loaded and the picture is
  /// waited for.
  ProgramResult SegmentWhile(const std::string& model, const Change& change, bool json = false) const {
    const std::vector<uint8_t> picture = ReadFile(PictureFile("picture.png", 64, 48));
    EXPECT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
    fs::remove_all(Path("out"));
    std::vector<std::string> words = {"segment", Path("pipe"), "--model", model, "-o", Path("out")};
    if (json) words.emplace_back("--json");
    ProgramResult result = Fcn(words, [&](int) {
      int pipe = -1;
      for (int i = 0; pipe < 0 && i < 6000; i++) {
        pipe = open(Path("pipe").c_str(), O_WRONLY | O_NONBLOCK);  // fails until there is a reader
        if (pipe < 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      ASSERT_GE(pipe, 0) << "the picture was not waited for";
      change(model);
      EXPECT_EQ(write(pipe, picture.data(), picture.size()), static_cast<ssize_t>(picture.size()));
      close(pipe);
    });
    fs::remove(Path("pipe"));
    return result;
  }
  std::vector<uint8_t> Labels() const { return ReadFile(Path("out/pipe.png")); }
};

TEST_F(ChangedModels, SmallOnesAreUsedAsTheyWere) {
  const std::string model = ModelFile();
  const std::vector<uint8_t> whole = ReadFile(model);
  ASSERT_EQ(SegmentWhile(model, [](const std::string&) {}).exit_code, 0);
  const std::vector<uint8_t> expected = Labels();
  for (const Change& change : {Change(CutShort), Change(Overwrite), Change(Replace)}) {
    const ProgramResult result = SegmentWhile(model, change);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(Labels(), expected);
    WriteFile(model, whole);
  }
}

TEST_F(ChangedModels, LargeOnesGiveAnErrorOrTheSameLabels) {
  const std::string model = LargeModel();
  ASSERT_GT(fs::file_size(model), size_t{64} << 20);
  const std::string keep = Path("keep.safetensors");
  fs::copy_file(model, keep);
  ASSERT_EQ(SegmentWhile(model, [](const std::string&) {}).exit_code, 0);
  const std::vector<uint8_t> expected = Labels();

  ProgramResult result = SegmentWhile(model, Replace);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Labels(), expected);
  fs::copy_file(keep, model, fs::copy_options::overwrite_existing);

  result = SegmentWhile(model, Overwrite);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr(model + " changed while it was used"));
  EXPECT_THAT(Files("out"), IsEmpty());
  fs::copy_file(keep, model, fs::copy_options::overwrite_existing);

  result = SegmentWhile(model, CutShort, /*json=*/true);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr(model));
  EXPECT_THAT(result.err, HasSubstr("rename"));
  EXPECT_EQ(nlohmann::json::parse(result.out)["error"]["code"], "io") << result.out;
  EXPECT_THAT(Files("out"), IsEmpty());
}

TEST_F(ChangedModels, NothingIsMadeOfWeightsThatWereOverwritten) {
  const std::string file = LargeModel();
  const ModelContents model = LoadModel(file);
  const ImportSource source = ReadImportSource(file);
  Overwrite(file);
  const auto refused = [&](const std::function<void()>& use) {
    ExpectError(ErrorCode::kIo, file + " changed while it was used", use);
  };
  refused([&] { SaveModel(Path("copy.safetensors"), model); });
  refused([&] { MakeGolden(model, Context(1)); });
  refused([&] { ImportWeights(FindModel("fcn32s-resnet50"), source); });
  refused([&] { Parameters(*model.graph, model.weights); });
  EXPECT_FALSE(fs::exists(Path("copy.safetensors")));
}

/// How often a file is opened by what runs meanwhile, in this process and others.
int OpeningsOf(const std::string& file, const std::function<void()>& run) {
  const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  // Closing as well, since of equal events in a row one is told.
  if (watch < 0 || inotify_add_watch(watch, file.c_str(), IN_OPEN | IN_CLOSE) < 0)
    ADD_FAILURE() << "cannot watch " << file;
  run();
  int openings = 0;
  inotify_event event;  // of a file itself: without a name
  while (read(watch, &event, sizeof event) == sizeof event) openings += (event.mask & IN_OPEN) != 0 ? 1 : 0;
  close(watch);
  return openings;
}

// Whoever opens a file twice may get two files, and maps the large ones twice.
TEST_F(ChangedModels, EachLoadReadsItsFileOnce) {
  const std::string file = ModelFile();
  EXPECT_EQ(OpeningsOf(file, [&] { LoadModel(file); }), 2);  // the first for nine bytes, which tell what is no model
  EXPECT_EQ(OpeningsOf(file, [&] { ReadImportSource(file); }), 1);
  EXPECT_EQ(OpeningsOf(file, [&] { ReadStart(file, /*average=*/true); }), 1);
  EXPECT_EQ(OpeningsOf(file, [&] { EXPECT_EQ(Fcn({"verify", file}).exit_code, 0); }), 1);
}

/// Reads all of a mapped file that was cut short, in a program that handles it.
[[noreturn]] void SumCutShort(const std::string& path) {
  const WeightsFile weights = ReadWeights(path);
  fs::resize_file(path, 5000);
  static const bool json = false;
  cli::HandleFatalErrors(json);
  uint64_t sum = 0;
  for (const auto& [name, tensor] : weights.tensors)
    for (const uint8_t byte : tensor.bytes) sum += byte;
  std::fprintf(stderr, "read to the end: %llu\n", static_cast<unsigned long long>(sum));
  _exit(0);
}

TEST_F(ChangedModels, CutShortIsAnErrorThatNamesTheFile) {
  const std::string file = LargeModel();
  EXPECT_EXIT(SumCutShort(file), testing::ExitedWithCode(1), "large.safetensors was cut short");
}

TEST_F(ChangedModels, AnyOtherBusErrorStaysOne) {
  static const bool json = false;
  EXPECT_EXIT(
      {
        cli::HandleFatalErrors(json);
        raise(SIGBUS);
        raise(SIGBUS);
      },
      testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace fcn
