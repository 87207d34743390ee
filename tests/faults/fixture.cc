#include "faults/fixture.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "cli/result_mark.h"
#include "fcn/drawing.h"
#include "fcn/png.h"
#include "formats/safetensors.h"

namespace fcn::test {

namespace fs = std::filesystem;

namespace {

constexpr char kNetwork[] = "fcn32s-efficientnet-lite0";

std::vector<Call> ReadCalls(const fs::path& log) {
  std::vector<Call> calls;
  std::ifstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line);
    Call call;
    std::string number;
    std::getline(parts, call.kind, '\t');
    std::getline(parts, number, '\t');
    call.error = std::stoi(number);
    std::getline(parts, number, '\t');
    call.inode = std::stoull(number);
    std::getline(parts, call.path, '\t');
    std::getline(parts, call.more, '\t');
    calls.push_back(std::move(call));
  }
  return calls;
}

/// Takes work/ off; false where the name is not in it.
bool TakeWorkOff(std::string& name) {
  constexpr std::string_view kWork = "work/";
  if (name == "work")
    name = ".";
  else if (name.starts_with(kWork))
    name.erase(0, kWork.size());
  else
    return false;
  return true;
}

bool IsTemporary(const std::string& name) { return name.ends_with(".part"); }

}  // namespace

void FaultTest::SetUp() {
  ProgramTest::SetUp();
  base_ = fs::canonical(folder_);
  folder_ = base_ / "watched";
  for (const char* folder : {"watched/in", "snapshots"}) fs::create_directories(base_ / folder);
}

std::string FaultTest::TrainingData() {
  std::string data = Path("in/scenes");
  if (fs::exists(data)) return data;
  const ProgramResult result =
      Fcn({"dataset", "generate", "-o", data, "--count", "2", "--val", "1", "--size", "32x32"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return data;
}

// The network's frozen part keeps checkpoints small; every file of a run is written, some of them twice.
std::vector<std::string> FaultTest::TrainCommand() {
  return {"train",
          "--data",
          TrainingData(),
          "-o",
          Path("work/run"),
          "--model",
          kNetwork,
          "--crop-size",
          "32x32",
          "-b",
          "2",
          "--max-iters",
          "2",
          "--val-interval",
          "2",
          "--lr",
          "0.0001",
          "--batch-norm",
          "frozen",
          "--optimiser",
          "sgd",
          "--frozen",
          "backbone.",
          "-j",
          "2",
          "--log-interval",
          "1",
          "--checkpoint-interval",
          "1"};
}

Scenario FaultTest::Train() {
  Scenario scenario{"train", TrainCommand(), {{"notes.txt", {'m', 'i', 'n', 'e'}}}};
  scenario.again = [this] {
    return fs::exists(Path("work/run/latest.checkpoint"))
               ? std::vector<std::string>{"train", "--resume", Path("work/run"), "-j", "1"}
               : TrainCommand();
  };
  return scenario;
}

Scenario FaultTest::ResumedTraining() {
  Scenario scenario = Train();
  std::vector<std::string> first = scenario.command;
  first.insert(first.end(), {"--max-time", "0.0000001"});  // one that ends before its first iteration
  WriteTree(folder_ / "work", scenario.before);
  EXPECT_EQ(Fcn(first).exit_code, 0);
  scenario.name = "resumed training";
  scenario.before = Work();
  scenario.command = {"train", "--resume", Path("work/run"), "-j", "2", "--max-time", "0"};
  scenario.again = [command = scenario.command] { return command; };
  return scenario;
}

Scenario FaultTest::SegmentedPicture() {
  if (!fs::exists(Path("in/model.safetensors"))) fs::rename(ModelFile(), Path("in/model.safetensors"));
  const std::vector<uint8_t> old = {'o', 'l', 'd'};
  const std::vector<uint8_t> result = cli::WithResultMark(EncodeRgbPng({1, 1, {0, 0, 0}}));
  return {"segment",
          {"segment", PictureFile("in/p.png", 40, 32), "--model", Path("in/model.safetensors"), "-o", Path("work/out"),
           "--heatmap", "cat", "--save-probs", "--overwrite", "-j", "2"},
          {{"out/", {}}, {"out/p.png", result}, {"out/p.overlay.png", result}, {"out/notes.txt", old}}};
}

Scenario FaultTest::SegmentedFolder() {
  if (!fs::exists(Path("in/model.safetensors"))) fs::rename(ModelFile(), Path("in/model.safetensors"));
  fs::create_directories(Path("in/pictures/below"));
  PictureFile("in/pictures/a.png", 40, 32);
  PictureFile("in/pictures/below/b.png", 32, 40);
  // Decoders of these have threads of their own.
  for (const char* name : {"baseline.jpg", "plain.heic", "plain.avif", "tiff_lzw.tif", "lossy.webp"}) {
    const std::string ending = fs::path(name).extension().string();
    const std::string folder = ending == ".jpg"    ? "image_jpeg"
                               : ending == ".tif"  ? "image_tiff"
                               : ending == ".webp" ? "image_webp"
                                                   : "image_heif";
    fs::copy_file(fs::path(FCN_SOURCES) / "fuzz/corpus" / folder / name, Path(std::string("in/pictures/") + name),
                  fs::copy_options::overwrite_existing);
  }
  return {"segment, a folder",
          {"segment", Path("in/pictures"), "--recursive", "--model", Path("in/model.safetensors"), "-o",
           Path("work/out/put"), "--no-overlay", "--overwrite", "-j", "2"}};
}

Scenario FaultTest::Import() {
  WriteSafetensors(Path("in/weights.safetensors"), RandomWeights(FindModel(kNetwork).build(3), 3), {});
  return {"import",
          {"import", Path("in/weights.safetensors"), "--model", kNetwork, "--classes", "a,b,c", "-o",
           Path("work/out.safetensors"), "--overwrite", "-j", "2"},
          {{"out.safetensors", {'o', 'l', 'd'}}}};
}

Scenario FaultTest::Report() {
  std::vector<std::string> train = TrainCommand();
  *std::find(train.begin(), train.end(), Path("work/run")) = Path("in/run");
  EXPECT_EQ(Fcn(train).exit_code, 0);
  return {"report",
          {"report", "--run", Path("in/run"), "--photo", PictureFile("in/p.png", 40, 32), "-o", Path("work/page.html"),
           "--overwrite", "-j", "2"},
          {{"page.html", {'o', 'l', 'd'}}}};
}

Scenario FaultTest::Generate() {
  return {"dataset generate",
          {"dataset", "generate", "-o", Path("work/scenes"), "--count", "2", "--val", "1", "--size", "32x32",
           "--overwrite", "-j", "2"},
          {{"scenes/", {}}, {"scenes/notes.txt", {'m', 'i', 'n', 'e'}}}};
}

std::vector<Scenario> FaultTest::Readers() {
  if (!fs::exists(Path("in/model.safetensors"))) fs::rename(ModelFile(), Path("in/model.safetensors"));
  fs::create_directories(Path("in/data/images"));
  fs::create_directories(Path("in/data/masks"));
  for (const char* name : {"a", "b"}) {
    PictureFile(std::string("in/data/images/") + name + ".png", 40, 32);
    std::vector<uint8_t> labels(40 * 32);
    for (size_t i = 0; i < labels.size(); i++) labels[i] = static_cast<uint8_t>(i / 500);
    WriteIndexedPng(Path(std::string("in/data/masks/") + name + ".png"), labels.data(), 40, 32, VocPalette());
  }
  const std::vector<std::string> data = {"--data", Path("in/data"), "--classes", "background,cat,dog", "-j", "2"};
  std::vector<Scenario> readers = {{"eval", {"eval", "--model", Path("in/model.safetensors")}},
                                   {"dataset check", {"dataset", "check"}},
                                   {"dataset stats", {"dataset", "stats"}}};
  for (Scenario& reader : readers) reader.command.insert(reader.command.end(), data.begin(), data.end());
  readers.push_back({"verify", {"verify", Path("in/model.safetensors"), "-j", "2"}});
  readers.push_back({"info", {"info", Path("in/model.safetensors")}});
  for (Scenario& reader : readers) reader.prints_results = true;
  return readers;
}

ProgramResult FaultTest::RunAsItIs(const std::vector<std::string>& command, const std::vector<std::string>& settings) {
  std::vector<std::string> words = {"/usr/bin/timeout",
                                    "-s",
                                    "KILL",
                                    "60",
                                    "/usr/bin/env",
                                    "LD_PRELOAD=" + std::string(FCN_FAULTS),
                                    "FCN_FAULTS_FOLDER=" + folder_.string()};
  words.insert(words.end(), settings.begin(), settings.end());
  words.emplace_back(FCN_PROGRAM);
  words.insert(words.end(), command.begin(), command.end());
  return RunProgram(words);
}

ProgramResult FaultTest::Run(const Scenario& scenario, const std::string& at) {
  WriteTree(folder_ / "work", scenario.before);
  fs::create_directories(folder_ / "work");
  return RunAsItIs(scenario.command, {"FCN_FAULTS_AT=" + at});
}

void FaultTest::Record(Scenario& scenario) {
  WriteTree(folder_ / "work", scenario.before);
  fs::create_directories(folder_ / "work");
  const fs::path log = base_ / "log";
  fs::remove(log);
  fs::remove_all(Snapshots());
  fs::create_directories(Snapshots());
  const ProgramResult result =
      RunAsItIs(scenario.command, {"FCN_FAULTS_LOG=" + log.string(), "FCN_FAULTS_SNAPSHOTS=" + Snapshots().string()});
  ASSERT_EQ(result.exit_code, 0) << scenario.name << ": " << result.err;
  scenario.after = Work();
  scenario.out = result.out;
  scenario.calls = ReadCalls(log);
  ASSERT_FALSE(scenario.calls.empty()) << "the library of faults was not loaded";
  const auto see = [&](const Tree& tree) {
    for (const auto& [name, bytes] : tree) scenario.seen[name].push_back(HashOf({{"", bytes}}));
  };
  see(scenario.before);
  Disk disk(scenario.before, Snapshots());
  for (Call call : scenario.calls) {
    const bool changes = call.kind.starts_with("open-w") || call.kind == "rename" || call.kind == "link" ||
                         call.kind == "unlink" || call.kind == "mkdir" || call.kind == "write";
    const std::string path = call.path;
    if (IsOnDisk(call))
      disk.Make(call);
    else
      EXPECT_FALSE(changes) << scenario.name << " changes " << path;
    if (call.kind == "rename" || call.kind == "link") see(disk.Names());
  }
  see(scenario.after);
}

bool FaultTest::IsOnDisk(Call& call) {
  if (call.kind == "rename" && !TakeWorkOff(call.more)) return false;
  return TakeWorkOff(call.path);
}

std::string FaultTest::Broken(const Scenario& scenario, const Tree& work) const {
  std::string text;
  for (const auto& [name, bytes] : scenario.before)
    if (!work.contains(name) && scenario.after.contains(name)) text += " " + name + " is gone;";
  for (const auto& [name, bytes] : work) {
    // Any number of lines may be in the log, and zeros for lost ones: its lines are in the checkpoint, too. Which
    // checkpoints are written when a training fails is shown by resuming.
    if (name.ends_with('/') || IsTemporary(name) || name == "run/latest.checkpoint" || name == "run/lock") continue;
    if (name == "run/log.jsonl") {
      const std::vector<uint8_t>& whole = scenario.after.at(name);
      const auto zeros = std::find(bytes.begin(), bytes.end(), 0);
      if (bytes.size() > whole.size() || !std::equal(bytes.begin(), zeros, whole.begin()))
        text += " " + name + " has other lines;";
      continue;
    }
    const auto whole = scenario.seen.find(name);
    if (whole == scenario.seen.end())
      text += " " + name + " was never written by an undisturbed run;";
    else if (std::ranges::find(whole->second, HashOf({{"", bytes}})) == whole->second.end())
      text += " " + name + " is neither old nor new, with " + std::to_string(bytes.size()) + " bytes;";
  }
  return text;
}

std::string FaultTest::AfterAnother(const Scenario& scenario) {
  fs::create_directories(folder_ / "work");
  const ProgramResult result = RunAsItIs(scenario.again ? scenario.again() : scenario.command, {});
  if (result.exit_code != 0)
    return " exit code " + std::to_string(result.exit_code) + " when it was begun again: " + result.err;
  return Differences(scenario.after, Work());
}

}  // namespace fcn::test
