// Labels in colours. Reported in public: masks with a colour for "does not count" (VOC's 224,224,192 and many others),
// and tables of colours in whatever form a tool wrote them. Here, a colour that does not count could only be said by
// naming all others, and "128 0 0 building", "building,128,0,0", "building #800000", "building = 128:0:0" became names
// of classes.
//
// What was looked at: every place where a colour or a value is given a meaning.
//  - --map takes colours and the word ignore: '#e0e0c0:ignore', 224,224,192:ignore, 7:ignore, '#800000:1'; the error
//  that a
//    colour without a meaning causes says so with that very colour.
//  - In class files a line that is called ignore (or ignored) does not count. "Void", as in CamVid's own tables, stays
//  a class:
//    it is also the name of real classes (bubbles in castings), and a class that vanished would be noticed too late.
//  - Colours first or last, with spaces, tabs, commas, semicolons, colons, brackets, #rrggbb or 0xrrggbb, with a
//  heading or
//    without; what looks like a colour and is none is refused by line. Names that end in one number are names ("class
//    1", "route 66"); with two or three they stand in quotes ("building 2 3"): in quotes, everything is a name.
//  - A fourth number that is 255 in all lines is an alpha, and refused; a colour of two classes means neither of them.
//  - Unit tests of every form: src/data/class_names_test.cc, src/data/option_text_test.cc.
#include <fmt/format.h>

#include "support/program_fixture.h"

namespace fcn {
namespace {

class Colours : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    std::filesystem::create_directories(folder_ / "d/images");
    std::filesystem::create_directories(folder_ / "d/masks");
    PictureFile("d/images/a.png", 8, 4);
    constexpr Colour kColumns[] = {{0, 0, 0}, {128, 0, 0}, {0, 0, 0}, {224, 224, 192}};
    Image labels{8, 4, {}};
    for (size_t i = 0; i < 32; i++) {
      const Colour& colour = kColumns[i % 8 / 2];
      labels.rgb.insert(labels.rgb.end(), {colour.r, colour.g, colour.b});
    }
    WriteRgbPng(folder_ / "d/masks/a.png", labels);
  }

  test::ProgramResult Check(std::vector<std::string> more = {}) const {
    std::vector<std::string> command = {"dataset", "check", "--data", Path("d")};
    command.insert(command.end(), more.begin(), more.end());
    return Fcn(command);
  }
};

TEST_F(Colours, OneMayNotCount) {
  const std::vector<std::string> named = {"--classes", "ground,building", "--palette", "0,0,0,128,0,0"};
  const test::ProgramResult unknown = Check(named);
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.out.find("--map '#e0e0c0:ignore'"), std::string::npos) << unknown.out;
  for (const char* map : {"#e0e0c0:ignore", "224,224,192:ignore", "#E0E0C0:255"}) {
    std::vector<std::string> flags = named;
    flags.insert(flags.end(), {"--map", map});
    EXPECT_EQ(Check(flags).exit_code, 0) << map;
  }
  WriteFile(folder_ / "d/classes.txt", std::string("ground 0 0 0\nbuilding 128 0 0\n"));
  EXPECT_EQ(Check().exit_code, 1);
  EXPECT_EQ(Check({"--map", "#e0e0c0:ignore"}).exit_code, 0);
  EXPECT_EQ(Check({"--map", "#e0e0c0:1"}).exit_code, 0);
  WriteFile(folder_ / "d/classes.txt", std::string("ground 0 0 0\nbuilding 128 0 0\nignore 224 224 192\n"));
  const test::ProgramResult stats = Fcn({"dataset", "stats", "--data", Path("d"), "--json"});
  const auto json = nlohmann::json::parse(stats.out);
  EXPECT_EQ(json["classes"].size(), 2u);
  EXPECT_EQ(json["ignored_pixels"], 8);
}

TEST_F(Colours, TheyMayAllBeMapped) {
  EXPECT_EQ(Check({"--classes", "ground,building", "--map", "#000000:0,128,0,0:1,#e0e0c0:ignore"}).exit_code, 0);
}

TEST_F(Colours, ClassFilesHaveThemInEveryForm) {
  for (const char* form :
       {"{0} {1} {2} {3}", "{1} {2} {3} {0}", "{0},{1},{2},{3}", "{0} = {1}:{2}:{3}", "{0}: {1}, {2}, {3}",
        "{1}\t{2}\t{3}\t{0}", "{0} ({1}, {2}, {3})", "{0} #{1:02x}{2:02x}{3:02x}", "\"{0}\": [{1}, {2}, {3}],"}) {
    std::string text;
    const auto add = [&](const char* name, int r, int g, int b) {
      text += fmt::format(fmt::runtime(form), name, r, g, b) + "\n";
    };
    add("ground", 0, 0, 0);
    add("old building", 128, 0, 0);
    add("ignore", 224, 224, 192);
    WriteFile(folder_ / "d/classes.txt", text);
    const auto json = nlohmann::json::parse(Fcn({"dataset", "stats", "--data", Path("d"), "--json"}).out);
    ASSERT_EQ(json["classes"].size(), 2u) << text;
    EXPECT_EQ(json["classes"][1]["name"], "old building") << text;
    EXPECT_EQ(json["classes"][1]["pixels"], 8) << text;
  }
}

TEST_F(Colours, WhatLooksLikeOneIsRefusedByLine) {
  for (const char* line : {"building 128 0", "building 300 0 0", "building #80000", "128 0 building",
                           "building 0.5 0 0", "building,128,0", "building = 128:0", "128 0 0"}) {
    WriteFile(folder_ / "d/classes.txt", fmt::format("ground 0 0 0\n{}\n", line));
    const test::ProgramResult run = Check();
    EXPECT_EQ(run.exit_code, 1) << line;
    EXPECT_NE(run.err.find("line 2 of " + Path("d/classes.txt") + " is no class"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("road #804080"), std::string::npos) << run.err;
  }
  WriteFile(folder_ / "d/classes.txt", std::string("class 1\nroute 66\n\"building 2 3\"\n"));
  const auto json = nlohmann::json::parse(
      Fcn({"dataset", "stats", "--data", Path("d"), "--palette", "0,0,0,128,0,0,224,224,192", "--json"}).out);
  EXPECT_EQ(json["classes"][2]["name"], "building 2 3");
}

TEST_F(Colours, OfTwoClassesMeanNeither) {
  WriteFile(folder_ / "d/classes.txt",
            std::string("ground 0 0 0\nbuilding 128 0 0\nhouse 128 0 0\nignore 224 224 192\n"));
  EXPECT_NE(Check().out.find("Several classes have the colour 128,0,0"), std::string::npos) << Check().out;
  EXPECT_EQ(Check({"--map", "#800000:2"}).exit_code, 0);
}

}  // namespace
}  // namespace fcn
