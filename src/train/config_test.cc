#include "train/config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "train/config_keys.h"
#include "train/start.h"

namespace fcn {
namespace {

using test::ExpectError;

/// Every key with another value than the default one, as a file has it and as a flag has it.
constexpr struct {
  const char* key;
  const char* toml;
  const char* text;
} kOthers[] = {
    {"model", R"("fcn32s-vgg16")", "fcn32s-vgg16"},
    {"weights", R"("a \"b\"\\c é.pth")", "a \"b\"\\c é.pth"},
    {"preprocessing", R"("bgr:1,2,3:4")", "bgr:1,2,3:4"},
    {"new_bands", R"("zeros")", "zeros"},
    {"upsampling", R"("learned")", "learned"},
    {"skip_scale", "0.01", ".01"},
    {"fc_channels", "1024", "1024"},
    {"new_layers", R"(["classifier.", "fc"])", "classifier.,fc"},
    {"output", R"("runs/1")", "runs/1"},
    {"dataset", R"("camvid")", "camvid"},
    {"data", R"("../shared/camvid")", "../shared/camvid"},
    {"train_split", R"("trainval")", "trainval"},
    {"val_split", R"("")", ""},
    {"inputs", R"(["image", "depth:1"])", "image, depth:1"},
    {"heads", R"(["class", "geometry"])", "class,geometry"},
    {"classes", R"(["road", "sky"])", "road,sky"},
    {"palette", R"(["#000000", "#80ff01"])", "#000000,#80FF01"},
    {"ignore_index", "0", "0"},
    {"map", R"(["255:1", "7:0"])", "255:1,7:0"},
    {"reduce_zero_label", "true", "true"},
    {"cache_mb", "0", "0"},
    {"strict", "true", "true"},
    {"max_pixels", "1000000", "1000000"},
    {"sample_max", "4095", "4095"},
    {"bands", "[3, 2, 1]", "3,2,1"},
    {"page", "2", "2"},
    {"ignore_alpha", "true", "true"},
    {"check", "false", "false"},
    {"val_max_pixels", "500000", "500000"},
    {"crop_size", "[640, 480]", "640x480"},
    {"scale", "[0.75, 1]", ".75,1"},
    {"flip", "false", "false"},
    {"colour", "0", "0"},
    {"batch_size", "3", "3"},
    {"accumulate", "4", "4"},
    {"max_iters", "1000", "1000"},
    {"epochs", "30", "30"},
    {"max_time", "1.5", "1.5"},
    {"patience", "5", "5"},
    {"seed", "9007199254740992", "9007199254740992"},
    {"optimiser", R"("sgd-caffe")", "sgd-caffe"},
    {"lr", "1e-10", "1e-10"},
    {"momentum", "0.99", "0.99"},
    {"betas", "[0.8, 0.99]", "0.8,0.99"},
    {"epsilon", "1e-3", "1e-3"},
    {"weight_decay", "0.0005", "0.0005"},
    {"decay_rank1", "true", "true"},
    {"paper_bias", "true", "true"},
    {"head_lr_multiplier", "10", "10"},
    {"lr_multipliers", R"(["backbone.:0.1", "a:b:2"])", "backbone.:.1,a:b:2"},
    {"frozen", R"(["backbone.stem", "upscore"])", "backbone.stem,upscore"},
    {"batch_norm", R"("frozen")", "frozen"},
    {"batch_norm_momentum", "0.1", "0.1"},
    {"lr_schedule", R"("step")", "step"},
    {"power", "1", "1"},
    {"step_size", "77", "77"},
    {"gamma", "0.3333333333333333", "0.3333333333333333"},
    {"warmup_iters", "12", "12"},
    {"warmup_ratio", "0", "0"},
    {"loss_normalisation", R"("sum")", "sum"},
    {"loss_sampling", "0.25", "0.25"},
    {"class_weights", "[1, 0.5, 0]", "1,.5,0"},
    {"loss_weights", R"(["geometry:0.5"])", "geometry:0.5"},
    {"binary", "true", "true"},
    {"ema", "0.999", "0.999"},
    {"half", "true", "true"},
    {"log_interval", "1", "1"},
    {"val_interval", "250", "250"},
    {"checkpoint_interval", "50", "50"},
};

TrainConfig Parse(const std::string& text) { return ParseConfig(text, "a.toml"); }

TEST(Config, EveryKeyIsReadFromFileAndFlagAndWrittenBack) {
  std::set<std::string> keys;
  TrainConfig all;
  for (const auto& [key, toml, text] : kOthers) {
    keys.insert(key);
    const TrainConfig from_file = Parse(std::string(key) + " = " + toml);
    EXPECT_NE(from_file, TrainConfig{}) << key;
    TrainConfig from_flag;
    SetConfigKey(from_flag, key, text);
    EXPECT_EQ(from_file, from_flag) << key;
    EXPECT_EQ(Parse(ToToml(from_file)), from_file) << key << '\n' << ToToml(from_file);
    SetConfigKey(all, key, text);
  }
  EXPECT_EQ(Parse(ToToml(all)), all);
  EXPECT_EQ(ToToml(Parse(ToToml(all))), ToToml(all));
  // None is left out: neither here, nor in the table.
  std::set<std::string> known;
  for (const ConfigKeyInfo& key : ConfigKeys()) EXPECT_TRUE(known.insert(key.name).second) << key.name;
  EXPECT_EQ(keys, known);
}

TEST(Config, ValuesReachTheirFields) {
  const TrainConfig config = Parse(
      "crop_size = [640, 480]\nscale = [0.25, 4]\npalette = [\"#0102ff\"]\nmap = [\"255:1\"]\n"
      "lr_multipliers = [\"b.:0.5\"]\nclass_weights = [1, 2.5]\nlr = 3");
  EXPECT_EQ(config.crop_size.width, 640);
  EXPECT_EQ(config.crop_size.height, 480);
  EXPECT_EQ(config.scale, (std::array<double, 2>{0.25, 4}));
  EXPECT_EQ(config.palette, (std::vector<Colour>{{1, 2, 255}}));
  EXPECT_EQ(config.map, (std::vector<LabelMapping>{{255, 1}}));
  EXPECT_EQ(config.lr_multipliers, (std::vector<NamedFactor>{{"b.", 0.5}}));
  EXPECT_EQ(config.class_weights.kind, ClassWeights::Kind::kGiven);
  EXPECT_EQ(config.class_weights.given, (std::vector<double>{1, 2.5}));
  EXPECT_EQ(config.lr, 3);
  EXPECT_EQ(Parse("class_weights = \"median\"").class_weights.kind, ClassWeights::Kind::kMedian);
  EXPECT_EQ(Parse("class_weights = \"none\"").class_weights, ClassWeights{});
}

TEST(Config, ListsAreWrittenAsInFlags) {
  const auto same = [](const char* key, const char* file, const char* flag) {
    TrainConfig from_flag;
    SetConfigKey(from_flag, key, flag);
    EXPECT_EQ(Parse(std::string(key) + " = " + file), from_flag) << key << " = " << file;
  };
  same("classes", R"([" road ", "sky"])", "road , sky");
  same("classes", R"("road, sky")", "road,sky");
  same("palette", R"(["128,64,128", "#00ff00", "1,2,3,4,5,6"])", "#804080,0,255,0,#010203,4,5,6");
  same("palette", R"("128, 64, 128")", "#804080");
  same("map", R"("255:1, 7:ignore, 224,224,192:ignore, #800000 : 2")", "255:1,7:ignore,#e0e0c0:ignore,128,0,0:2");
  same("map", R"(["255:1", "224,224,192:ignore"])", " 255 : 1 ,224, 224, 192:ignore");
  same("frozen", R"("a, b")", "a,b");
  same("lr_multipliers", R"("a:1, b:c: .5")", "a:1,b:c:0.5");
  same("class_weights", R"("1, 2.5")", "1,2.5");
  same("scale", R"("0.5, 3")", "0.5,3");
  same("crop_size", R"("640x480")", "640 x 480");
  EXPECT_EQ(Parse("classes = [\"a, b\", \"c\"]").classes, (std::vector<std::string>{"a, b", "c"}));
  TrainConfig config = Parse("classes = [\"a\"]\nignore_index = -1");
  EXPECT_EQ(config.ignore_index, -1);
  SetConfigKey(config, "classes", "");
  EXPECT_TRUE(config.classes.empty());
}

TEST(Config, WhatIsNotGivenStays) {
  TrainConfig base;
  base.lr = 0.5;
  base.classes = {"a"};
  const TrainConfig config = ParseConfig("# nothing but\nseed = 4\n", "a.toml", base);
  EXPECT_EQ(config.lr, 0.5);
  EXPECT_EQ(config.classes, base.classes);
  EXPECT_EQ(config.seed, 4);
  EXPECT_EQ(Parse(""), TrainConfig{});
}

TEST(Config, TheWrittenFormIsReadable) {
  const std::string text = ToToml({});
  EXPECT_NE(text.find("\ncrop_size = [352, 352]\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nlr = 0.001\n"), std::string::npos) << text;
  EXPECT_NE(text.find("# the learning rate, before schedule and multipliers\n"), std::string::npos) << text;
}

TEST(Config, DoublesComeBackExactly) {
  for (const double lr : {0.1, 1.0 / 3, 1e-300, 5e-324, 1.0, 999.9999999999999, 1e-7}) {
    TrainConfig config;
    config.lr = lr;
    EXPECT_EQ(Parse(ToToml(config)).lr, lr);
  }
}

TEST(Config, KeysAreDescribedForFlags) {
  for (const ConfigKeyInfo& key : ConfigKeys()) {
    EXPECT_FALSE(key.help.empty()) << key.name;
    EXPECT_EQ(key.flag.find('_'), std::string::npos) << key.flag;
  }
  const std::vector<ConfigKeyInfo> keys = ConfigKeys();
  const ConfigKeyInfo crop =
      *std::ranges::find_if(keys, [](const ConfigKeyInfo& key) { return key.name == "crop_size"; });
  EXPECT_EQ(crop.flag, "--crop-size");
  EXPECT_EQ(crop.default_value, "[352, 352]");
}

// A free key that changes what is learnt would make a resumed training end elsewhere than one left alone; another key
// that is not free any more would end trainings that were resumed with it.
TEST(Config, KeysThatMayChangeAtAResume) {
  const std::set<std::string> expected = {"output", "data", "cache_mb", "check", "val_max_pixels", "max_time"};
  std::set<std::string> free;
  for (const ConfigKeyInfo& key : ConfigKeys())
    if (key.is_free) free.insert(key.name);
  EXPECT_EQ(free, expected);
  for (const auto& [key, toml, text] : kOthers) {
    TrainConfig changed;
    SetConfigKey(changed, key, text);
    EXPECT_EQ(IsSameTraining(changed, {}), expected.contains(key)) << key;
  }
}

TEST(Config, MistakesInFilesAreNamedWithTheirLine) {
  constexpr struct {
    const char* text;
    const char* message;
  } kCases[] = {
      {"\nlr = ", "a.toml, line 2: not TOML"},
      {"lr = 1\nlr = 2", "line 2: not TOML"},
      {"lr = 01", "not TOML"},
      {"model = \"a\xff\"", "not TOML"},
      {"\n\nlearning_rate = 1", "line 3: unknown key \"learning_rate\""},
      {"batchsize = 1", "Did you mean batch_size?"},
      {"max_iter = 1", "Did you mean max_iters?"},
      {"zzzzzzzzzzzzzzzzzzzz = 1", "Known are: model, weights"},
      {"[optimiser]\nlr = 1", "\"optimiser\" is a table"},
      {"train.lr = 1", "\"train\" is a table"},
      {"\"\\u001b[31m\" = 1", R"(unknown key "\x1b[31m")"},
      // Types.
      {"model = 1", "line 1: model must be a text, not a number"},
      {"model = [\"a\"]", "model must be a text, not a list"},
      {"flip = 1", "flip must be true or false, not a number"},
      {"flip = \"yes\"", "flip must be true or false, not a text"},
      {"batch_size = 8.0", "batch_size must be a whole number, not 8.0"},
      {"batch_size = \"8\"", "batch_size must be a whole number, not a text"},
      {"lr = \"0.1\"", "lr must be a number, not a text"},
      {"lr = true", "lr must be a number, not true or false"},
      {"lr = 2020-01-01", "lr must be a number, not a date or time"},
      {"crop_size = 352", "crop_size must be a width and a height, not a number"},
      {"crop_size = [352]", "crop_size must be a width and a height, not a list of 1"},
      {"crop_size = [1, 2, 3]", "not a list of 3"},
      {"crop_size = [352, 1.5]", "must be a whole number, not 1.5"},
      {"scale = [1]", "scale must be two numbers, not a list of 1"},
      {"classes = \"road,,sky\"", "classes has \"\", which is not a name"},
      {"classes = [\" \"]", "classes has \"\", which is not a name"},
      {"classes = [1]", "classes must be a list of texts, not a number"},
      {"classes = [\"\"]", "classes has \"\", which is not a name"},
      {"palette = [[1, 2, 3]]", "palette must be a list of colours, not a list"},
      {"class_weights = []", "class_weights must be \"none\", \"median\" or a number for each class, not a list of 0"},
      {"class_weights = true", "not true or false"},
      {"class_weights = [\"1\"]", "class_weights must be a number, not a text"},
      // Forms.
      {"model = \"a\\u001bb\"", R"(model has a control character in "a\x1bb")"},
      {"palette = [\"#12345\"]", "palette has \"#12345\", which is not a colour"},
      {"palette = [\"#12345g\"]", "which is not a colour"},
      {"map = [\"255\"]", "map has \"255\", which is not a mapping"},
      {"map = [\"1:2:3\"]", "which is not a mapping"},
      {"map = [\"a:1\"]", "which is not a mapping"},
      {"map = [\"1:ignored\"]", "which is not a mapping"},
      {"map = \"1,2:0\"", "which is not a mapping"},
      {"palette = \"#000000,1,2\"", "which is not colours of three numbers each"},
      {"palette = \"1,2,256\"", "palette has \"256\", which is not a colour"},
      {"ignore_index = -2", "ignore_index must be at least -1"},
      {"lr_multipliers = [\"backbone\"]", "which is not a multiplier"},
      {"lr_multipliers = [\"\"]", "which is not a multiplier"},
      {"lr_multipliers = [\":1\"]", "which is not a multiplier"},
      {"lr_multipliers = [\"a:\"]", "which is not a multiplier"},
      {"class_weights = \"mean\"", "or a number for each class, not \"mean\""},
      {"optimiser = \"adam\"", "optimiser must be one of adamw, sgd, sgd-caffe, not \"adam\""},
      {"batch_norm = \"eval\"", "must be one of train, frozen"},
      {"lr_schedule = \"cosine\"", "must be one of poly, step, constant"},
      {"loss_normalisation = \"mean\"", "must be one of valid, sum, batch"},
      {"loss_sampling = 0", "loss_sampling must be above 0 and at most 1"},
      // Ranges.
      {"lr = 0", "lr must be above 0 and at most 1000, not 0"},
      {"lr = nan", "lr must be above 0"},
      {"lr = inf", "at most 1000, not inf"},
      {"momentum = 1", "momentum must be at least 0 and at most 0.999999"},
      {"betas = [0.9, 1]", "betas must be at least 0"},
      {"scale = [0, 1]", "scale must be at least 0.05"},
      {"batch_size = 0", "batch_size must be at least 1 and at most 65536, not 0"},
      {"crop_size = [0, 8]", "crop_size must be at least 1 and at most 16384, not 0"},
      {"map = [\"65536:1\"]", "map must be at least 0 and at most 65535, not 65536"},
      {"map = [\"1:-1\"]", "not -1"},
      {"lr_multipliers = [\"a:-1\"]", "not -1"},
      {"class_weights = [1, -1]", "class_weights must be at least 0"},
      {"seed = -1", "seed must be at least 0"},
      {"seed = 9223372036854775807", "seed must be"},
      {"ema = 1", "ema must be"},
  };
  for (const auto& [text, message] : kCases) ExpectError(ErrorCode::kInput, message, [&] { Parse(text); });
}

TEST(Config, KeysOfManyDotsAreRefusedBeforeTheyNest) {
  for (const char* form : {"a{} = 1", "[a{}]\n", "x = {{ a{} = 1 }}"}) {
    std::string dots;
    for (int i = 0; i < 200'000; i++) dots += ".a";
    ExpectError(ErrorCode::kInput, "a.toml has 200000 dots in its keys",
                [&] { Parse(fmt::format(fmt::runtime(form), dots)); });
    dots.resize(500);
    ExpectError(ErrorCode::kInput, "a.toml, line 1", [&] { Parse(fmt::format(fmt::runtime(form), dots)); });
  }
}

TEST(Config, EveryNumberHasARange) {
  TrainConfig config;
  VisitConfig(config, [](const ConfigKey& key, auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, double>) {
      for (const char* bad : {"-1e18", "1e18"})
        ExpectError(ErrorCode::kInput, key.name, [&] { Parse(std::string(key.name) + " = " + bad); });
    }
  });
}

TEST(Config, MistakesInFlagsNameTheFlag) {
  constexpr struct {
    const char* key;
    const char* text;
    const char* message;
  } kCases[] = {
      {"lr", "fast", "--lr must be a number, not \"fast\""},
      {"lr", "", "--lr must be a number, not \"\""},
      {"lr", "1\nseed = 2", "--lr must be a number"},
      {"lr", "-1", "--lr must be above 0"},
      {"lr", "0x10", "--lr must be a number"},
      {"batch_size", "1e3", "--batch-size must be a whole number, not 1000.0"},
      {"flip", "yes", "--flip must be true or false, not \"yes\""},
      {"crop_size", "352", "--crop-size must be a width and a height"},
      {"crop_size", "352x", "--crop-size must be a width and a height such as 640x480, not \"352x\""},
      {"scale", "0.5,1,2", "--scale must be two numbers, not a list of 3"},
      {"optimiser", "adam", "--optimiser must be one of"},
      {"class_weights", "mean", "or a number for each class, not \"mean\""},
      {"classes", "a,,b", "--classes has \"\", which is not a name"},
      {"data", "a\xff", R"(--data cannot be "a\xff")"},
      {"data", "a\nb", R"(--data cannot be "a\nb")"},
      {"batchsize", "1", "Did you mean batch_size?"},
  };
  for (const auto& [key, text, message] : kCases) {
    TrainConfig config;
    ExpectError(ErrorCode::kUsage, message, [&] { SetConfigKey(config, key, text); });
    EXPECT_EQ(config, TrainConfig{}) << key;
  }
}

TrainConfig Usable() {
  TrainConfig config;
  config.data = "camvid";
  config.max_iters = 100;
  return config;
}

TEST(Config, KeysMustFitEachOther) {
  CheckConfig(Usable());
  const auto refused = [](const std::string& message, auto change) {
    TrainConfig config = Usable();
    change(config);
    ExpectError(ErrorCode::kUsage, message, [&] { CheckConfig(config); });
  };
  refused("neither max_iters nor epochs", [](TrainConfig& c) { c.max_iters = 0; });
  refused("max_iters = 100 and epochs = 3 both", [](TrainConfig& c) { c.epochs = 3; });
  refused("warm-up of 101 iterations", [](TrainConfig& c) { c.warmup_iters = 101; });
  refused("data is empty", [](TrainConfig& c) { c.data = ""; });
  refused("model is empty", [](TrainConfig& c) { c.model = ""; });
  refused("output is empty", [](TrainConfig& c) { c.output = ""; });
  refused("train_split is empty", [](TrainConfig& c) { c.train_split = ""; });
  refused("scale goes from 2 down to 1", [](TrainConfig& c) { c.scale = {2, 1}; });
  refused("palette has 1 colours for 2 classes", [](TrainConfig& c) {
    c.classes = {"a", "b"};
    c.palette = {Colour{}};
  });
  refused("\"a\" comes twice", [](TrainConfig& c) { c.classes = {"a", "b", "a"}; });
  refused("class_weights has 1 numbers for 2 classes", [](TrainConfig& c) {
    c.classes = {"a", "b"};
    c.class_weights = {ClassWeights::Kind::kGiven, {1}};
  });
  refused("all class_weights are 0", [](TrainConfig& c) { c.class_weights = {ClassWeights::Kind::kGiven, {0, 0}}; });
  refused("value 255 to 1 and to 2", [](TrainConfig& c) { c.map = {{255, 1}, {255, 2}}; });
  refused("value #800000 to 1 and to ignore", [](TrainConfig& c) {
    c.map = {{0x800000, 1, true}, {0x800000, 0, true, true}};
  });
  refused("class_weights has 1 numbers for 3 classes", [](TrainConfig& c) {
    c.classes = {"3"};
    c.class_weights = {ClassWeights::Kind::kGiven, {1}};
  });
  refused("control character", [](TrainConfig& c) { c.classes = {"a\x1b"}; });
  refused("lr must be above 0", [](TrainConfig& c) { c.lr = -1; });
  refused("val_max_pixels is 4095, and pieces of a picture have 4096 pixels or more",
          [](TrainConfig& c) { c.val_max_pixels = 4095; });
  refused("data cannot be", [](TrainConfig& c) { c.data = "a\nb"; });
}

TEST(Config, PartsGetTheirOptions) {
  TrainConfig config = Usable();
  config.optimiser = Solver::kSgdCaffe;
  config.betas = {0.5, 0.75};
  config.frozen = {"a"};
  config.head_lr_multiplier = 3;
  config.lr_schedule = Schedule::kStep;
  config.warmup_iters = 5;
  EXPECT_EQ(OptimiserOptionsOf(config).solver, Solver::kSgdCaffe);
  EXPECT_EQ(OptimiserOptionsOf(config).beta2, 0.75);
  EXPECT_EQ(RuleOptionsOf(config).frozen, config.frozen);
  EXPECT_EQ(RuleOptionsOf(config).head_multiplier, 3);
  EXPECT_EQ(ScheduleOptionsOf(config, 77).schedule, Schedule::kStep);
  EXPECT_EQ(ScheduleOptionsOf(config, 77).max_iterations, 77);
  EXPECT_EQ(ScheduleOptionsOf(config, 77).warmup_iterations, 5);
}

/// Of networks that are there, and fit to be used; each says first what it is, those of the paper where it is printed.
TEST(Config, CommittedConfigurationsAreOfKnownNetworks) {
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FCN_CONFIGS)) {
    if (entry.path().extension() != ".toml") continue;
    count++;
    SCOPED_TRACE(entry.path().string());
    TrainConfig config = ReadConfig(entry.path());
    if (config.data.empty()) config.data = "data";
    CheckConfig(config);
    EXPECT_EQ(SegmentationNetwork(config.model).name, config.model);
    EXPECT_EQ(Parse(ToToml(config)), config);
    std::ifstream file(entry.path());
    std::string text, line;
    while (std::getline(file, line) && line.starts_with("#")) text += line + " ";
    EXPECT_NE(text.find("fcn train --config configs/"), std::string::npos) << "no command";
    if (entry.path().parent_path().filename() == "paper") {
      const size_t first = std::min({text.find("Table"), text.find("section"), text.find("Figure")});
      EXPECT_LT(first, 250u) << "which part of the paper is it?";
      EXPECT_EQ(config.optimiser, Solver::kSgdCaffe);
      EXPECT_EQ(config.weight_decay, 0.0005);
    }
  }
  EXPECT_GE(count, 25);
}

/// Data, rates and iterations are those of the release's solvers and of the scripts that run them.
TEST(Config, ThePapersConfigurationsHaveTheReleasesFigures) {
  struct Published {
    const char *name, *dataset, *train_split;
    double rate;
    int64_t iterations;
  };
  for (const Published& published :
       std::initializer_list<Published>{{"voc-fcn32s", "sbd", "train", 1e-10, 100000},
                                        {"voc-fcn16s", "sbd", "train", 1e-12, 100000},
                                        {"voc-fcn8s", "sbd", "train", 1e-14, 100000},
                                        {"voc-fcn8s-atonce", "sbd", "train", 1e-10, 300000},
                                        {"voc-fcn-alexnet", "sbd", "train", 1e-4, 100000},
                                        {"nyud-fcn32s-color", "nyud", "trainval", 1e-10, 100000},
                                        {"nyud-fcn32s-color-d", "nyud", "trainval", 1e-10, 100000},
                                        {"nyud-fcn32s-hha", "nyud", "trainval", 1e-10, 100000},
                                        {"nyud-fcn32s-color-hha", "nyud", "trainval", 1e-12, 100000},
                                        {"siftflow-fcn32s", "sift-flow", "trainval", 1e-10, 100000},
                                        {"siftflow-fcn16s", "sift-flow", "trainval", 1e-12, 100000},
                                        {"siftflow-fcn8s", "sift-flow", "trainval", 1e-12, 100000},
                                        {"pascal-context-fcn32s", "pascal-context", "train", 1e-10, 400000},
                                        {"pascal-context-fcn16s", "pascal-context", "train", 1e-12, 400000},
                                        {"pascal-context-fcn8s", "pascal-context", "train", 1e-14, 400000}}) {
    SCOPED_TRACE(published.name);
    const TrainConfig config =
        ReadConfig(std::filesystem::path(FCN_CONFIGS) / "paper" / (std::string(published.name) + ".toml"));
    EXPECT_EQ(config.dataset, published.dataset);
    EXPECT_EQ(config.train_split, published.train_split);
    EXPECT_EQ(config.lr, published.rate);
    EXPECT_EQ(config.max_iters, published.iterations);
    EXPECT_EQ(config.lr_schedule, Schedule::kConstant);
    EXPECT_EQ(config.upsampling, UpsamplingMethod::kBilinear);
    EXPECT_EQ(config.batch_size, 1);
    // AlexNet alone has the usual momentum, a normalised loss and one rate for all biases but the scores'.
    const bool is_alexnet = std::string(published.name) == "voc-fcn-alexnet";
    EXPECT_EQ(config.accumulate, is_alexnet ? 20 : 1);
    EXPECT_EQ(config.momentum, is_alexnet ? 0.9 : 0.99);
    EXPECT_EQ(config.loss_normalisation, is_alexnet ? LossNormalisation::kValid : LossNormalisation::kBatch);
    EXPECT_EQ(config.paper_bias, !is_alexnet);
  }
}

TEST(Config, FilesAreRead) {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "a.toml";
  std::ofstream(path) << "seed = 7\nlr = x\n";
  ExpectError(ErrorCode::kInput, path.string() + ", line 2", [&] { ReadConfig(path); });
  std::ofstream(path) << "seed = 7\n";
  EXPECT_EQ(ReadConfig(path).seed, 7);
  std::ofstream(path) << std::string(2'000'000, '#');
  ExpectError(ErrorCode::kInput, "2000000 bytes", [&] { ReadConfig(path); });
  std::filesystem::remove(path);
  ExpectError(ErrorCode::kIo, path.string(), [&] { ReadConfig(path); });
}

}  // namespace
}  // namespace fcn
