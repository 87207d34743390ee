// One flag, one syntax, in all verbs. Reported for the tools that people come from: mmsegmentation 1714 and 932
// (reduce_zero_label, and an ignore index that one tool takes and the next refuses). Here --map, --palette, --classes
// and --ignore-index were repeated in some verbs and had commas in others, and spaces or a comma in 'bg, disc' made one
// class.
//
// What was looked at: every option of every verb, walked below, so that a new one is held to the same rules.
//
//  - Lists are --classes, --map, --palette, --bands, --frozen, --lr-multipliers, --class-weights, --scale, --betas,
//    --heatmap, and the --classes of import, which made one class "floor,scratch". Commas and repetition say the same,
//    blanks around members do not count, and an empty member is an error. Each is given to its verb in all these ways,
//    and what the verb makes of it is compared: --heatmap had a splitter of its own, to which "person " was no class.
//    Names in TOML's lists are whole, so they may have commas; all else is as in a flag.
//  - Whole numbers were octal and hexadecimal in some verbs (010 was 8) and decimal in others: decimal everywhere.
//  - Sizes had two parsers; --batch of info and bench is train's --batch-size. Colours were #rrggbb alone in train.
//  - --ignore-index -1 was refused by train; --classes 3 with a palette of 3 was refused by train; a value mapped twice
//    was taken by check. There is one set of checks now (data/label_options.h).
//  - True and false: train's keys take --flip, --flip true and --flip=false, since a file may have said otherwise; so
//    does --reduce-zero-label everywhere. Flags that only switch something on take nothing.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <regex>
#include <set>

#include "cli/program.h"
#include "fcn/drawing.h"
#include "support/program_fixture.h"

namespace fcn {
namespace {

struct VerbOption {
  std::vector<std::string> verb;  ///< {"dataset", "check"}
  const CLI::App* app = nullptr;
  const CLI::Option* option = nullptr;

  std::string Where() const { return fmt::format("fcn {} {}", fmt::join(verb, " "), option->get_name()); }
};

/// The command line, and all options in it.
class FlagSyntax : public test::ProgramTest {
 protected:
  FlagSyntax() : program_(cli::MakeProgram(common_, run_)) { Walk(*program_, {}); }

  void Walk(const CLI::App& app, const std::vector<std::string>& verb) {
    for (const CLI::Option* option : app.get_options()) options_.push_back({verb, &app, option});
    for (const CLI::App* inner : app.get_subcommands({})) {
      std::vector<std::string> name = verb;
      name.push_back(inner->get_name());
      verbs_.push_back(name);
      Walk(*inner, name);
    }
  }

  /// What a command line leaves in an option, as it was typed; parsing may go no further than to miss others.
  std::string Parsed(const VerbOption& at, const std::vector<std::string>& words) {
    std::vector<std::string> arguments = at.verb;
    arguments.insert(arguments.end(), words.begin(), words.end());
    std::reverse(arguments.begin(), arguments.end());
    try {
      program_->parse(arguments);
    } catch (const CLI::RequiredError&) {
    } catch (const CLI::Error& error) {
      return fmt::format("refused: {}", error.what());
    }
    return fmt::format("{}", fmt::join(at.option->results(), ","));
  }

  static bool IsList(const CLI::Option& option) { return option.get_type_name().find(',') != std::string::npos; }

  cli::CommonOptions common_;
  cli::Run run_;
  std::unique_ptr<CLI::App> program_;
  std::vector<VerbOption> options_;
  std::vector<std::vector<std::string>> verbs_;
};

TEST_F(FlagSyntax, NamesAreLowerCaseWithDashes) {
  const std::regex form("[a-z][a-z0-9]*(-[a-z0-9]+)*");
  ASSERT_GT(options_.size(), 100u);
  for (const VerbOption& at : options_)
    for (const std::string& name : at.option->get_lnames()) EXPECT_TRUE(std::regex_match(name, form)) << at.Where();
}

TEST_F(FlagSyntax, OneNameIsOneThingInAllVerbs) {
  // Each takes the same form everywhere. What is said of it may differ where the verbs do with it what they are for:
  const std::map<std::string, const char*> said_differently = {
      {"model", "a file in segment, eval and report, a network in import and train, either in bench"},
      {"output", "a folder, a model or a page"},
      {"size", "of the image in info and bench, of all pictures in dataset generate"},
      {"batch-size", "images in inference, crops in training"},
      {"seed", "of a training, or of a series of scenes"},
      {"train", "a step of training is timed by bench and described by info"},
      {"classes", "a model's own in import; all that lists classes says the same"},
      {"weights", "what training starts from"},
      {"preprocessing", "as data"},
      {"data", "train's key has its text in config.toml too"},
      {"dataset", "as data"},
      {"palette", "as data"},
      {"ignore-index", "as data"},
      {"map", "as data"},
      {"overwrite", "files in most verbs, the scenes of a whole folder in dataset generate"},
      {"strict", "as data"},
      {"max-pixels", "as data"},
      {"sample-max", "as data"},
      {"bands", "as data"},
      {"page", "as data"},
      {"ignore-alpha", "as data"},
      {"reduce-zero-label", "as data"},
      {"inputs", "as data"},
      {"heads", "as data"},
      {"new-bands", "as data"},
      {"new-layers", "as data"},
      {"upsampling", "as data"},
      {"skip-scale", "as data"},
      {"fc-channels", "as data"},
      {"max-pixels-at-once", "of all pictures in eval, of those of --data in report"},
      {"input", "beside many pictures in segment, beside one in report"},
  };
  std::map<std::string, VerbOption> first;
  for (const VerbOption& at : options_)
    for (const std::string& name : at.option->get_lnames()) {
      const auto [known, is_new] = first.emplace(name, at);
      if (is_new || at.Where() == "fcn dataset generate --heads") continue;  // a switch: which heads there are is known
      const CLI::Option &a = *known->second.option, &b = *at.option;
      const auto form = [](const CLI::Option& option) {
        // In the verbs that pictures follow, a flag takes no word; --strict=false does what train's --strict false
        // does.
        const std::string type = option.get_items_expected_max() == 0 ? "true|false" : option.get_type_name();
        // CLI11 adds the range: "INT:INT in [1 - 4096]".
        return std::regex_replace(type, std::regex("^U(?=INT)|:U?INT in .*$"), "");
      };
      EXPECT_EQ(form(a), form(b)) << known->second.Where() << " and " << at.Where();
      EXPECT_EQ(a.get_snames(), b.get_snames()) << known->second.Where() << " and " << at.Where();
      EXPECT_EQ(IsList(a), IsList(b)) << at.Where();
      if (!said_differently.contains(name)) {
        EXPECT_EQ(a.get_description(), b.get_description()) << at.Where();
      }
    }
}

TEST_F(FlagSyntax, WholeNumbersAreDecimal) {
  size_t numbers = 0;
  for (const VerbOption& at : options_) {
    const std::string type = at.option->get_type_name();
    if (!type.starts_with("INT") && !type.starts_with("UINT")) continue;
    if (IsList(*at.option)) continue;
    numbers++;
    const std::string flag = "--" + at.option->get_lnames().at(0);
    for (const char* other : {"0x10", "1e3", "1.0", "ten", "+1", " 1"})
      EXPECT_NE(Parsed(at, {flag, other}).find("refused"), std::string::npos) << at.Where() << " takes " << other;
  }
  EXPECT_GE(numbers, 15u);
  cli::CommonOptions common;
  cli::Run run;
  cli::MakeProgram(common, run)->parse("segment a.png -j 010", false);
  EXPECT_EQ(common.threads, 10);
}

TEST_F(FlagSyntax, TrueAndFalseMayBeLeftOut) {
  size_t switches = 0;
  for (const VerbOption& at : options_) {
    if (at.option->get_type_name() != "true|false") continue;
    switches++;
    const std::string flag = "--" + at.option->get_lnames().at(0);
    EXPECT_EQ(Parsed(at, {flag}), "") << at.Where();  // what that means shows in the runs below
    EXPECT_EQ(Parsed(at, {flag, "--json"}), "") << at.Where();
    EXPECT_EQ(Parsed(at, {flag, "false"}), "false") << at.Where();
    EXPECT_EQ(Parsed(at, {flag + "=true"}), "true") << at.Where();
    EXPECT_NE(Parsed(at, {flag, "yes"}).find("must be true or false"), std::string::npos) << at.Where();
  }
  EXPECT_GE(switches, 7u);
}

TEST_F(FlagSyntax, VerbsHaveWhatTheyShould) {
  const auto has = [&](const std::vector<std::string>& verb, const std::string& flag) {
    for (const VerbOption& at : options_)
      if (at.option->check_lname(flag) && at.verb == verb) return true;
    return false;
  };
  // The outer verb has what its inner ones share: dataset check --json.
  for (const auto& verb : verbs_)
    for (const char* flag : {"json", "threads", "isa"}) {
      EXPECT_TRUE(has({verb[0]}, flag)) << fmt::format("fcn {} has no --{}", fmt::join(verb, " "), flag);
      if (verb.size() > 1) {
        EXPECT_TRUE(program_->get_subcommand(verb[0])->get_subcommand(verb[1])->get_fallthrough());
      }
    }
  for (const char* verb : {"segment", "import", "report", "train"}) EXPECT_TRUE(has({verb}, "output")) << verb;
  EXPECT_TRUE(has({"dataset", "generate"}, "output"));
  const std::vector<std::vector<std::string>> labels = {
      {"train"}, {"eval"}, {"dataset", "check"}, {"dataset", "stats"}};
  for (const auto& verb : labels)
    for (const char* flag : {"data", "dataset", "classes", "ignore-index", "reduce-zero-label", "map", "palette"})
      EXPECT_TRUE(has(verb, flag)) << verb.back() << " --" << flag;
  for (const auto& verb : labels)
    if (verb[0] != "train") {
      EXPECT_TRUE(has(verb, "split")) << verb.back();  // train has two: train-split and val-split
    }
  // The model is what info and verify are about: a word of its own, not a flag.
  for (const char* verb : {"segment", "eval", "train", "import", "bench", "report"})
    EXPECT_TRUE(has({verb}, "model")) << verb;
}

/// The same through the program: what either way of writing gives.
class FlagSyntaxRuns : public FlagSyntax {
 protected:
  void MakePairs(const char* folder = "d") const {
    std::filesystem::create_directories(folder_ / folder / "images");
    std::filesystem::create_directories(folder_ / folder / "masks");
    for (const char* name : {"a", "b"}) {
      PictureFile(fmt::format("{}/images/{}.png", folder, name), 40, 32);
      std::vector<uint8_t> labels(40 * 32);
      for (size_t i = 0; i < labels.size(); i++) labels[i] = std::array<uint8_t, 4>{0, 1, 200, 7}[i / 8 % 4];
      WriteIndexedPng(folder_ / folder / "masks" / (std::string(name) + ".png"), labels.data(), 40, 32, VocPalette());
    }
  }
};

/// A verb with all that it needs but its lists, and what it writes.
struct Command {
  std::vector<std::string> words;
  std::vector<std::string> results = {};
  std::string classes = {};  ///< of the labels that it reads, for which it needs --map too
};

TEST_F(FlagSyntaxRuns, ListsTakeCommasAndRepetitionAlike) {
  MakePairs();
  const std::string model = ModelFile(), photo = PictureFile("photo.png", 200, 96);
  const Command compared = {
      {"report", model, "--data", Path("d"), "--split", "[:]", "-o", Path("page.html")}, {"page.html"}, "bg,disc,rim"};
  const std::map<std::string, Command> commands = {
      {"dataset check", {{"dataset", "check", "--data", Path("d"), "--json"}, {}, "bg,disc"}},
      {"dataset stats", {{"dataset", "stats", "--data", Path("d"), "--json"}, {}, "bg,disc"}},
      {"eval", {{"eval", "--predictions", Path("d/masks"), "--truth", Path("d/masks"), "--json"}, {}, "bg,disc"}},
      {"train",
       {{"train", "--data", Path("d"), "--train-split", "[:]", "--val-split", "", "-b", "1", "--max-iters", "1", "-o",
         Path("run"), "--model", "fcn32s-efficientnet-lite0", "--crop-size", "32x32"},
        {"run/config.toml", "run/model.safetensors"},
        "bg,disc"}},
      {"import",
       {{"import", model, "--model", "fcn32s-efficientnet-lite0", "-o", Path("own.safetensors")}, {"own.safetensors"}}},
      {"segment",
       {{"segment", photo, "--model", model, "-o", Path("out")},
        {"out/photo.png", "out/photo.overlay.png", "out/photo.heat.png"}}},
      {"report", {{"report", "--photo", photo, "--model", model, "-o", Path("page.html")}, {"page.html"}}},
      {"report classes", compared},
      {"report map", compared},
      {"report palette", compared},
  };
  const std::map<std::string, std::pair<std::string, std::string>> members = {
      {"classes", {"b g", "disc"}},
      {"import classes", {"b g,disc", "rim"}},
      {"report classes", {"b g,disc", "rim"}},
      {"report palette", {"#010203,#040506", "7,8,9"}},
      {"map", {"200:1", "7:ignore"}},
      {"palette", {"#010203", "4,5,6"}},
      {"bands", {"3", "2,1"}},
      {"heatmap", {"Cat", "0-1"}},
      {"frozen", {"backbone._conv_stem", "score"}},
      {"new-layers", {"backbone._conv_stem", "backbone._blocks.0."}},
      {"lr-multipliers", {"backbone.:0.1", "score:2"}},
      {"class-weights", {"1", "0.5"}},
      {"scale", {"0.5", "2"}},
      {"upper-bound", {"8", "16"}},
      {"betas", {"0.8", "0.99"}},
  };
  /// What a verb makes of it: what it says and writes, or that it refuses.
  const auto outcome = [&](const Command& command, const std::string& name, const std::vector<std::string>& words) {
    std::vector<std::string> all = command.words;
    if (!command.classes.empty() && name != "classes") all.insert(all.end(), {"--classes", command.classes});
    if (!command.classes.empty() && name != "map") all.insert(all.end(), {"--map", "200:1,7:ignore"});
    all.insert(all.end(), words.begin(), words.end());
    const test::ProgramResult run = Fcn(all);
    if (run.exit_code != 0) return fmt::format("refused with {}: {}{}", run.exit_code, run.err, run.out);
    std::string made = command.results.empty() ? run.out : "";
    for (const std::string& result : command.results)
      if (std::filesystem::exists(folder_ / result)) {
        const std::vector<uint8_t> bytes = ReadFile(folder_ / result);
        made.append(bytes.begin(), bytes.end());
        std::filesystem::remove(folder_ / result);
      }
    std::filesystem::remove_all(folder_ / "run");
    return made;
  };
  const std::set<std::string> of_roles = {"input", "inputs", "head", "heads", "loss-weights", "threshold"};
  size_t lists = 0;
  for (const VerbOption& at : options_) {
    if (!IsList(*at.option)) continue;
    // Lists of roles need a model and data that have them: tests/cli/model_format_test.cc.
    if (of_roles.contains(at.option->get_lnames().at(0))) continue;
    lists++;
    const std::string verb = fmt::format("{}", fmt::join(at.verb, " ")), name = at.option->get_lnames().at(0);
    ASSERT_TRUE(commands.contains(verb)) << at.Where() << " is a list of a verb that is not tried";
    auto found = members.find(verb + " " + name);
    if (found == members.end()) found = members.find(name);
    ASSERT_NE(found, members.end()) << at.Where() << " is a new list";
    const bool has_own = commands.contains(verb + " " + name);
    const Command& command = commands.at(has_own ? verb + " " + name : verb);
    const std::string flag = "--" + name;
    const auto& [one, two] = found->second;
    const auto made = [&](const std::vector<std::string>& words) { return outcome(command, name, words); };
    const std::string commas = made({flag, one + "," + two});
    EXPECT_FALSE(commas.starts_with("refused")) << at.Where() << ": " << commas;
    EXPECT_FALSE(commas.empty()) << at.Where();
    const bool shows = name != "bands" || !command.results.empty();  // the others say nothing of colours
    EXPECT_EQ(made({flag, one}) != commas, shows) << at.Where() << " does not depend on its second member";
    for (const std::vector<std::string>& words : {std::vector<std::string>{flag, one, flag, two},
                                                  {flag + "=" + one, flag + "=" + two},
                                                  {flag, " " + one + " , " + two + " "}})
      EXPECT_TRUE(made(words) == commas) << at.Where() << " differs: " << fmt::format("{}", fmt::join(words, " "));
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{flag, one + ",," + two}, {flag, one + ",", flag, two}})
      EXPECT_TRUE(made(words).starts_with("refused with 2")) << at.Where() << " takes an empty member";
  }
  EXPECT_GE(lists, 17u);  // classes, map and palette of four verbs, and those of train, import and segment alone
  // No list hides behind another form.
  for (const VerbOption& at : options_)
    // --input and --threshold, once for each input and head, take one word each time.
    if (!IsList(*at.option) && !at.option->get_lnames().empty() && at.option->get_allow_extra_args()) {
      EXPECT_LE(at.option->get_items_expected_max(), 1) << at.Where() << " takes several words";
    }
}

TEST_F(FlagSyntaxRuns, CheckStatsEvalAndTrainTakeTheSame) {
  MakePairs();
  const std::vector<std::vector<std::string>> forms = {
      {"--classes", "bg,disc", "--map", "200:1,7:ignore", "--palette", "#000000,128,64,128"},
      {"--classes", " bg , disc ", "--map", "200 : 1, 7:ignore", "--palette", "0, 0,0 ,#804080"},
      {"--classes", "bg", "--classes", "disc", "--map", "200:1", "--map", "7:ignore", "--palette", "0,0,0", "--palette",
       "#804080"},
      {"--classes=bg,disc", "--map=7:255,200:1", "--palette=0,0,0,128,64,128"}};
  std::vector<std::string> results;
  for (size_t i = 0; i < forms.size(); i++) {
    std::string result;
    const std::vector<std::vector<std::string>> commands = {
        {"dataset", "check", "--data", Path("d"), "--json"},
        {"dataset", "stats", "--data", Path("d"), "--json"},
        {"eval", "--predictions", Path("d/masks"), "--truth", Path("d/masks"), "--json"}};
    for (std::vector<std::string> command : commands) {
      command.insert(command.end(), forms[i].begin(), forms[i].end());
      const test::ProgramResult run = Fcn(command);
      EXPECT_EQ(run.exit_code, 0) << run.err << run.out;
      result += run.out;
    }
    std::vector<std::string> command = {"train",
                                        "--data",
                                        Path("d"),
                                        "--val-split",
                                        "[:1]",
                                        "--train-split",
                                        "[:]",
                                        "--max-iters",
                                        "1",
                                        "-b",
                                        "1",
                                        "--crop-size",
                                        "32x32",
                                        "-o",
                                        Path("run"),
                                        "--flip",
                                        "--ignore-index",
                                        "255",
                                        "--model",
                                        "fcn32s-efficientnet-lite0"};
    command.insert(command.end(), forms[i].begin(), forms[i].end());
    const test::ProgramResult run = Fcn(command);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const std::vector<uint8_t> model = ReadFile(folder_ / "run/model.safetensors");
    result += std::string(model.begin(), model.end());
    std::filesystem::remove_all(folder_ / "run");
    results.push_back(result);
  }
  for (size_t i = 1; i < results.size(); i++) EXPECT_TRUE(results[i] == results[0]) << "form " << i;
}

TEST_F(FlagSyntaxRuns, WhatOneVerbRefusesAllDo) {
  MakePairs();
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases = {
      {{"--classes", "a,,b"}, "--classes has \"\", which is not a name"},
      {{"--classes", "a,a"}, "named twice"},
      {{"--classes", "a,b", "--palette", "#000000"}, "palette has 1 colours for 2 classes"},
      {{"--classes", "3", "--palette", "#000000"}, "palette has 1 colours for 3 classes"},
      {{"--classes", "a,b", "--palette", "#00000,#ffffff"}, "--palette has \"#00000\", which is not a colour"},
      {{"--classes", "a,b", "--map", "7:1,7:0"}, "map sends the value 7 to 1 and to 0"},
      {{"--classes", "a,b", "--map", "7:2"}, "7:2"},
      {{"--classes", "a,b", "--map", "7"}, "--map has \"7\", which is not"},
      {{"--classes", "a,b", "--ignore-index", "-2"}, "-2"},
      {{"--classes", "a,b", "--ignore-index", "0x7"}, "must be a whole number"},
      {{"--classes", "0"}, "0 classes"},
  };
  const std::vector<std::vector<std::string>> verbs = {
      {"dataset", "check", "--data", Path("d")},
      {"dataset", "stats", "--data", Path("d")},
      {"eval", "--predictions", Path("d/masks"), "--truth", Path("d/masks")},
      {"train", "--data", Path("d"), "--train-split", "[:]", "--val-split", "", "--max-iters", "1", "-o", Path("run")}};
  for (const auto& [flags, message] : cases)
    for (std::vector<std::string> command : verbs) {
      command.insert(command.end(), flags.begin(), flags.end());
      const test::ProgramResult run = Fcn(command);
      EXPECT_EQ(run.exit_code, 2) << command[0] << ' ' << message << '\n' << run.err << run.out;
      EXPECT_NE(run.err.find(message), std::string::npos) << command[0] << ": " << run.err << "lacks " << message;
    }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST_F(FlagSyntaxRuns, NoIgnoreIndexIsMinusOneInTrainToo) {
  MakePairs();
  const std::vector<std::string> flags = {"--classes", "a,b", "--map", "200:1,7:0", "--ignore-index", "-1"};
  std::vector<std::string> train = {"train",
                                    "--data",
                                    Path("d"),
                                    "--train-split",
                                    "[:]",
                                    "--val-split",
                                    "",
                                    "--max-iters",
                                    "1",
                                    "-b",
                                    "1",
                                    "--crop-size",
                                    "32x32",
                                    "-o",
                                    Path("run"),
                                    "--model",
                                    "fcn32s-efficientnet-lite0"};
  train.insert(train.end(), flags.begin(), flags.end());
  EXPECT_EQ(Fcn(train).exit_code, 0);
  std::vector<std::string> check = {"dataset", "check", "--data", Path("d")};
  check.insert(check.end(), flags.begin(), flags.end());
  EXPECT_EQ(Fcn(check).exit_code, 0);
}

TEST_F(FlagSyntaxRuns, ImportTakesClassesWithCommas) {
  const std::string model = ModelFile();
  for (const std::vector<std::string>& classes :
       {std::vector<std::string>{"--classes", "floor, part,scratch"},
        {"--classes", "floor", "--classes", "part", "--classes", "scratch"}}) {
    std::vector<std::string> command = {
        "import", model, "--model", "fcn32s-efficientnet-lite0", "-o", Path("i.safetensors"), "--json"};
    command.insert(command.end(), classes.begin(), classes.end());
    const test::ProgramResult run = Fcn(command);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(LoadModel(Path("i.safetensors")).head().classes, (std::vector<std::string>{"floor", "part", "scratch"}));
    std::filesystem::remove(folder_ / "i.safetensors");
  }
}

// ADE20K: 0 does not count, 1 is the first class.
TEST_F(FlagSyntaxRuns, TheZeroLabelIsReduced) {
  std::filesystem::create_directories(folder_ / "d/images");
  std::filesystem::create_directories(folder_ / "d/masks");
  PictureFile("d/images/a.png", 40, 32);
  std::vector<uint8_t> labels(40 * 32);
  for (size_t i = 0; i < labels.size(); i++) labels[i] = std::array<uint8_t, 5>{0, 1, 2, 3, 255}[i / 8 % 5];
  WriteIndexedPng(folder_ / "d/masks/a.png", labels.data(), 40, 32, VocPalette());
  const std::vector<std::string> check = {"dataset", "check", "--data", Path("d"), "--classes", "wall,floor,sky"};
  EXPECT_NE(Fcn(check).out.find("--reduce-zero-label"), std::string::npos);
  std::vector<std::string> stats = {"dataset",   "stats",          "--data", Path("d"),
                                    "--classes", "wall,floor,sky", "--json", "--reduce-zero-label"};
  const auto json = nlohmann::json::parse(Fcn(stats).out);
  EXPECT_EQ(json["valid_pixels"], 3 * 40 * 32 / 5);
  EXPECT_EQ(json["ignored_pixels"], 2 * 40 * 32 / 5);
  EXPECT_EQ(json["classes"][0]["pixels"], 40 * 32 / 5);
  WriteFile(folder_ / "c.toml",
            std::string("reduce_zero_label = true\nclasses = \"wall, floor, sky\"\nmax_iters = 1\n"
                        "batch_size = 1\ncrop_size = [32, 32]\nval_split = \"[:]\"\ntrain_split = \"[:]\"\n"
                        "model = \"fcn32s-efficientnet-lite0\"\n"));
  const test::ProgramResult trained =
      Fcn({"train", "--config", Path("c.toml"), "--data", Path("d"), "-o", Path("run")});
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  const test::ProgramResult scored =
      Fcn({"eval", "--model", Path("run/model.safetensors"), "--data", Path("d"), "--reduce-zero-label"});
  EXPECT_EQ(scored.exit_code, 0) << scored.err;
}

}  // namespace
}  // namespace fcn
