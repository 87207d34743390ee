// Nothing foreign reaches a terminal as anything but text. Reported for ls, git, curl and many others: names with
// escape codes clear the screen, rewrite what stands above, or ask the terminal to answer as if typed. Here names of
// files, list files and names of classes with ESC, BEL, CR or bytes that are no UTF-8 were printed as they are.
//
// What was looked at:
//  - every place that text comes from: names of files and folders given and found, list files, class files, names and
//    values of flags (all options of all verbs are walked), unknown verbs, configurations, names and metadata in models
//    and weights, standard input;
//  - every way out: results, notes, errors of one picture and of all, usage errors of the command line's library (which
//    printed them itself), --help, --json, the bar of progress, and the files that people look at: config.toml,
//    log.jsonl, metrics.json, the run's lock, the report's page.
// Found beside what was reported: C1 controls in UTF-8 (U+009B is CSI) and bidirectional controls everywhere; newlines
// in names, which began lines of their own ("fcn: …"); names in JSON that were cut in two by U+2028; DEL and C1 in
// --json; letters of other languages that errors showed as question marks.
//
// All of src/ prints through cli/print.h, which the last test looks for; fcn::Error cleans its message for those who
// use the library. Each test of the program (support/program_fixture.h) checks what it printed.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <regex>

#include "cli/program.h"
#include "formats/safetensors.h"
#include "models/model_metadata.h"
#include "reproducers/training_data.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::ExpectFitForTerminal;
using test::ExpectReadable;
using test::Halves;
using test::ProgramResult;
using testing::HasSubstr;
using testing::Not;

/// Escape sequences, controls of one byte and in UTF-8, bidirectional and hidden characters, what is no UTF-8 (a CSI of
/// Latin-1, overlong, a surrogate), a line of its own, and letters that are to stay.
const std::string kHidden = "\u009b31m\u061c\u200b\u200e\u200f\u202e\u2066\ufeff\U000e0041\u2028";
const std::string kHostile = "Straße\x1b[31m\a\r\x7f" + kHidden + "\xff\x9b\xc0\x9b\xed\xa0\x80\nfcn: 道路";

std::string TextOf(const fs::path& path) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  return {bytes.begin(), bytes.end()};
}

class EscapeCodes : public test::TrainingDataTest {
 protected:
  /// What a command printed on either; the fixture has looked through both. Letters stay, and no name begins a line.
  static ProgramResult Try(const std::vector<std::string>& arguments, bool names_it = true) {
    ProgramResult result = Fcn(arguments);
    const std::string all = result.out + result.err;
    if (names_it) {
      EXPECT_THAT(all, HasSubstr("Straße")) << fmt::format("{}", arguments[0]);
      EXPECT_THAT(all, HasSubstr("道路"));
    }
    EXPECT_THAT(all, Not(HasSubstr("\nfcn: 道路")));
    return result;
  }
  /// With --json as well: the texts in it are the true ones, but for bytes that JSON cannot hold.
  static ProgramResult TryBoth(std::vector<std::string> arguments, bool names_it = true) {
    const bool fails = Try(arguments, names_it).exit_code != 0;
    arguments.emplace_back("--json");
    ProgramResult result = Try(arguments, names_it && fails);  // results need not repeat what was asked for
    EXPECT_TRUE(json::accept(result.out)) << result.out;
    return result;
  }

  std::string Hostile(const std::string& ending = {}) const { return Path(kHostile + ending); }

  /// A model file whose metadata are changed.
  std::string ModelWith(const std::string& key, const std::string& value) const {
    SafetensorsFile file = ReadSafetensors(ModelFile());
    file.metadata[key] = value;
    WriteSafetensors(Path("changed.safetensors"), file.tensors, file.metadata);
    return Path("changed.safetensors");
  }
};

TEST_F(EscapeCodes, OfFilesThatAreMissing) {
  const std::string model = ModelFile();
  TryBoth({"segment", Hostile(".png"), "--model", model});
  TryBoth({"segment", PictureFile("a.png", 8, 8), "--model", Hostile()});
  TryBoth({"info", Hostile()});
  TryBoth({"bench", "--model", Hostile(), "--size", "64x64"});
  TryBoth({"verify", Hostile()});
  TryBoth({"import", Hostile(), "--model", "fcn32s-vgg16", "-o", Path("x.safetensors")});
  TryBoth({"eval", "--model", Hostile(), "--data", Path("data")});
  TryBoth({"eval", "--model", model, "--data", Hostile()});
  TryBoth({"eval", "--predictions", Hostile(), "--truth", Hostile(), "--classes", "a,b"});
  TryBoth({"dataset", "check", "--data", Hostile()});
  TryBoth({"dataset", "stats", "--data", Hostile(), "--split", kHostile});
  TryBoth({"train", "--config", Hostile()});
  TryBoth({"train", "--resume", Hostile()});
  TryBoth({"report", "--run", Hostile(), "-o", Path("page.html")});
  TryBoth({"report", "--photo", Hostile(), "--model", model, "-o", Path("page.html")});
}

TEST_F(EscapeCodes, OfFilesThatAreRead) {
  const std::string model = ModelFile();
  fs::create_directories(Hostile());
  const std::string good = PictureFile(kHostile + "/" + kHostile + ".png", 40, 30);
  WriteFile(Hostile("/broken" + kHostile + ".png"), std::string("\x89PNG\r\n\x1a\n\x1b[31m"));
  WriteFile(Hostile("/other" + kHostile + ".txt"), std::string("text"));
  ProgramResult result = Try({"segment", Hostile(), "--model", model, "-o", Hostile("out")});
  EXPECT_EQ(result.exit_code, 1);
  result = TryBoth({"segment", good, "--model", model, "-o", Hostile("out"), "--overwrite"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  TryBoth({"segment", good, "--model", model, "-o", Hostile("out")});  // is there already
  TryBoth(
      {"report", "--photo", good, "--model", model, "-o", Hostile(".html"), "--title", kHostile, "--lead", kHostile});
  const std::string page = TextOf(Hostile(".html"));
  ExpectFitForTerminal(page);
  EXPECT_THAT(page, HasSubstr("道路"));
  fs::copy_file(model, Hostile(".safetensors"));
  EXPECT_EQ(TryBoth({"verify", Hostile(".safetensors")}).exit_code, 0);
  Try({"import", Hostile(".safetensors"), "--model", "fcn32s-efficientnet-lite0", "-o", Hostile("2.safetensors")});
  WriteFile(Hostile(".pth"), std::string("no weights"));
  TryBoth({"import", Hostile(".pth"), "--model", "fcn32s-vgg16", "-o", Path("x.safetensors")});
}

TEST_F(EscapeCodes, OfDataSets) {
  Pairs(3, Halves);
  fs::rename(Path("data"), Hostile());
  TryBoth({"dataset", "generate", "-o", Hostile("scenes"), "--count", "1", "--val", "0"});
  const std::vector<std::string> data = {"--data", Hostile(), "--classes", "a,b"};
  const auto with = [&](std::vector<std::string> words, const std::vector<std::string>& more = {}) {
    words.insert(words.end(), data.begin(), data.end());
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  fs::rename(Hostile("/images/p0.png"), Hostile("/images/" + kHostile + ".png"));
  fs::rename(Hostile("/masks/p0.png"), Hostile("/masks/" + kHostile + ".png"));
  EXPECT_EQ(TryBoth(with({"dataset", "check"})).exit_code, 0);
  EXPECT_EQ(TryBoth(with({"dataset", "stats"})).exit_code, 0);
  EXPECT_EQ(TryBoth(with({"eval", "--model", ModelFile(), "--worst", "3"}, {"--classes", "c"})).exit_code, 0);
  Try(with({"train", "-o", Path("run"), "--max-iters", "1"}));
  WriteFile(Hostile("/masks/" + kHostile + ".png"), std::string("\x1b[31m"));
  TryBoth(with({"dataset", "check"}));
  fs::remove(Hostile("/masks/" + kHostile + ".png"));
  TryBoth(with({"dataset", "check"}));
  WriteFile(Hostile("/val.txt"), kHostile + "\n" + kHostile + " " + kHostile + "\n");
  Try(with({"dataset", "check", "--split", "val", "--dataset", "list"}));
  Try(with({"dataset", "check", "--split", "val", "--dataset", "voc"}));
  for (const char* file : {"/classes.txt", "/labelmap.txt", "/_classes.csv"}) {
    WriteFile(Hostile(file), "a\nb" + kHostile + "\n");
    TryBoth({"dataset", "check", "--data", Hostile()});
    fs::remove(Hostile(file));
  }
}

TEST_F(EscapeCodes, OfConfigurations) {
  Pairs(2, Halves);
  for (const std::string& line :
       {"lr = " + kHostile, kHostile + " = 1", "\"" + kHostile + "\" = 1", "model = '" + kHostile + "'",
        "[\"" + kHostile + "\"]", std::string("data = \"Straße道路\\u001b\\u202e\""),
        std::string("\"Straße道路\\u009b\\u202e\" = 1")}) {
    WriteFile(Path("config.toml"), line + "\n");
    TryBoth({"train", "--config", Path("config.toml"), "-o", Path("run")}, false);
  }
}

TEST_F(EscapeCodes, OfClassesInARunAndItsFiles) {
  Pairs(4, Halves);
  const std::string name = "Straße" + kHidden.substr(kHidden.find("\u061c")) + "道路";  // no control characters
  WriteFile(Path("data/classes.txt"), name + "\nroad\n");
  Try({"dataset", "stats", "--data", Path("data")});
  EXPECT_THAT(Try({"dataset", "check", "--data", Path("data")}).out, HasSubstr("characters that are not seen"));
  const ProgramResult run = Try(Train({"--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", "1"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* file : {"config.toml", "log.jsonl", "metrics.json"}) {
    SCOPED_TRACE(file);
    ExpectFitForTerminal(TextOf(Path(std::string("run/") + file)));
  }
  EXPECT_EQ(json::parse(TextOf(Path("run/metrics.json"))).at("per_class").at(0).at("name"), name);
  const std::string model = Path("run/best.safetensors");
  const std::string photo = PictureFile("photo.png", 40, 40);
  EXPECT_EQ(json::parse(Fcn({"info", model, "--json"}).out).at("classes").at(0), name);
  TryBoth({"eval", "--model", model, "--data", Path("data"), "--split", "[2:]"});
  TryBoth({"segment", photo, "--model", model, "-o", Path("out"), "--heatmap", name, "--overwrite"}, false);
  TryBoth({"segment", photo, "--model", model, "-o", Path("out"), "--heatmap", kHostile, "--overwrite"});
  Try({"report", "--run", Path("run"), "--photo", photo, "-o", Path("page.html")}, false);
  const std::string page = TextOf(Path("page.html"));
  ExpectFitForTerminal(page);
  EXPECT_THAT(page, HasSubstr("Straße"));
  EXPECT_THAT(page, HasSubstr("道路"));
}

TEST_F(EscapeCodes, OfPathsInAConfiguration) {
  Pairs(4, Halves);
  const std::string odd = "Straße\u202e\u2028道路";
  fs::rename(Path("data"), Path(odd));
  const ProgramResult run =
      Try({"train", "--data", Path(odd), "-o", Path("run" + odd), "--model", "fcn32s-efficientnet-lite0", "--crop-size",
           "32x32", "-b", "2", "--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", "1"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string config = TextOf(Path("run" + odd + "/config.toml"));
  ExpectFitForTerminal(config);
  EXPECT_THAT(config, HasSubstr("Straße\\u202e\\u2028道路"));
  EXPECT_EQ(Try({"train", "--resume", Path("run" + odd)}).exit_code, 0);  // which reads it again
}

TEST_F(EscapeCodes, OfModelsAndWeights) {
  const std::string photo = PictureFile("photo.png", 40, 40);
  const json escaped = {"background", "cat\x1b[31m\u202e", "dog"};
  const std::pair<std::string, std::string> changes[] = {
      {"fcn.classes", escaped.dump()},          {"fcn.name", "\x1b[31m\u202e"},
      {"fcn.graph", "\x1b[31m\u202e = \a(\r)"}, {"fcn.palette", "\x1b[31m\u202e"},
      {"fcn.format", "\x1b[31m\u202e"},         {"fcn.preprocessing", "{\"order\": \"\\u001b\u202e\"}"}};
  for (const auto& [key, value] : changes) {
    const std::string model = ModelWith(key, value);
    SCOPED_TRACE(key);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"info", model},
          {"verify", model},
          {"segment", photo, "--model", model, "-o", Path("out")},
          {"import", model, "--model", "fcn32s-efficientnet-lite0", "-o", Path("y.safetensors")}})
      EXPECT_EQ(TryBoth(command, false).exit_code, 1);
  }
  SafetensorsFile file = ReadSafetensors(ModelFile());
  NamedTensors tensors;
  for (const auto& [name, tensor] : file.tensors) tensors.emplace("Straße\x1b[31m\u202e道路" + name, tensor);
  WriteSafetensors(Path("weights.safetensors"), tensors, {});
  TryBoth({"import", Path("weights.safetensors"), "--model", "fcn8s-vgg16", "-o", Path("y.safetensors")}, false);
  TryBoth({"import", Path("weights.safetensors"), "--model", "fcn8s-vgg16", "-o", Path("y.safetensors"), "--prefix",
           kHostile});
}

/// Each flag of each verb with a hostile value, and as its own misspelling.
TEST_F(EscapeCodes, OfFlags) {
  cli::CommonOptions common;
  cli::Run run;
  const auto program = cli::MakeProgram(common, run);
  const std::string hostile = "Straße\x1b[31m\a\u202e\xff道路";
  size_t count = 0;
  const std::function<void(const CLI::App&, std::vector<std::string>)> walk = [&](const CLI::App& app,
                                                                                  std::vector<std::string> verb) {
    for (const CLI::Option* option : app.get_options())
      for (const std::string& name : option->get_lnames()) {
        if (verb == std::vector<std::string>{"dataset", "generate"} && name == "output") continue;  // would draw 240
        std::vector<std::string> words = verb;
        words.push_back("--" + name + "=" + hostile);
        Fcn(words);
        count++;
      }
    std::vector<std::string> unknown = verb;
    unknown.push_back("--" + hostile);
    Fcn(unknown);
    unknown.back() = hostile;
    Fcn(unknown);
    for (const CLI::App* inner : app.get_subcommands({})) {
      verb.push_back(inner->get_name());
      walk(*inner, verb);
      verb.pop_back();
    }
  };
  const fs::path before = fs::current_path();
  fs::current_path(folder_);  // whatever is written
  walk(*program, {});
  fs::current_path(before);
  EXPECT_GT(count, 150u);
}

TEST(Printing, GoesThroughOneDoor) {
  const std::regex printing(
      R"(\b(v?f?printf|v?dprintf|f?puts|f?putc|putchar|fwrite|perror|psignal)\s*\(|std::(cout|cerr|clog)|fmt::print)"
      R"(|\bwrite\s*\(\s*(STDOUT|STDERR|[12]\b))");
  // The handlers of signals may call write alone, with constant text.
  const std::regex of_a_handler(R"(write\(STDERR_FILENO, k[A-Z])");
  constexpr std::array words = {"print", "put", "write", "cout", "cerr", "clog", "perror", "psignal"};  // a first look
  for (const auto& entry : fs::recursive_directory_iterator(FCN_SOURCES "/src")) {
    const fs::path& path = entry.path();
    const std::string name = path.filename().string();
    if ((path.extension() != ".cc" && path.extension() != ".h") || name.ends_with("test.cc") || name == "print.cc")
      continue;
    std::istringstream lines(TextOf(path));
    size_t number = 1;
    for (std::string line; std::getline(lines, line); number++) {
      const bool may_print = std::ranges::any_of(words, [&](const char* word) { return line.find(word) != line.npos; });
      EXPECT_TRUE(!may_print || std::regex_search(line, of_a_handler) || !std::regex_search(line, printing))
          << path << ":" << number << ": " << line;
    }
  }
}

}  // namespace
}  // namespace fcn
