#include "data/class_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::ElementsAre;
using testing::IsEmpty;

ClassNames Parse(const std::string& text) { return ParseClassNames(text, "classes.txt"); }

TEST(ParseClassNames, WithAndWithoutColours) {
  EXPECT_THAT(Parse("road\ntraffic light\nlane 2\n").names, ElementsAre("road", "traffic light", "lane 2"));
  const ClassNames classes = Parse("road 128 64 128\ntraffic light 250 170 30\nlane 2 1 2 3");
  EXPECT_THAT(classes.names, ElementsAre("road", "traffic light", "lane 2"));
  EXPECT_THAT(classes.palette, ElementsAre(Colour{128, 64, 128}, Colour{250, 170, 30}, Colour{1, 2, 3}));
}

TEST(ParseClassNames, UnderstandsEveryFormOfAColour) {
  for (const char* line :
       {"old house 128 0 7",           "old house\t128\t0\t7",   "old house,128,0,7",      "old house, 128, 0, 7,",
        "old house;128;0;7",           "old house = 128:0:7",    "old house: 128 0 7",     "old house:128,0,7::",
        "old house = 128,0,7",         "old house #800007",      "old house,#800007",      "old house: #800007",
        "old house 0x800007",          "old house (128, 0, 7)",  "old house [128, 0, 7],", "old house rgb(128, 0, 7)",
        "\"old house\": [128, 0, 7],", "\"old house\" #800007",  "'old house' 128 0 7",    "128 0 7 old house",
        "128 0 7\t\told house",        "128,0,7,old house",      "128,0,7,\"old house\"",  "#800007 old house",
        "#800007,old house",           "(128, 0, 7): old house", "128 0 7 \"old house\""}) {
    const ClassNames classes = Parse(line);
    EXPECT_THAT(classes.names, ElementsAre("old house")) << line;
    EXPECT_THAT(classes.palette, ElementsAre(Colour{128, 0, 7})) << line;
  }
}

TEST(ParseClassNames, RefusesWhatLooksLikeAColour) {
  for (const char* line :
       {"house 128 0", "house 300 0 0", "house #80000", "house #8000000", "house 128 0 -1", "house 0.5 0 0.5",
        "128 0 house", "300 0 0 house", "128 0 0 255 1 house", "128 0 0", "#800000", "1 2 300 4", "house,128,0",
        "house = 128:0", "#80000 house", "house 0x80000", "\"house\" 128 0", "128 0 0 house 0 0 0"})
    ExpectError(ErrorCode::kInput, "line 2 of classes.txt is no class",
                [&] { Parse(std::string("# classes\n") + line + "\nroad 1 2 3\n"); });
  ExpectError(ErrorCode::kInput, "line 1 of classes.txt has four numbers", [] { Parse("a 1 2 3 255\nb 4 5 6 255\n"); });
}

TEST(ParseClassNames, NamesMayHoldNumbers) {
  EXPECT_THAT(Parse("class 1\nclass 2\n").names, ElementsAre("class 1", "class 2"));
  EXPECT_THAT(Parse("route 66\nC#\ntrack #1\n3D print\n2 wheeler\nv1.2\n").names,
              ElementsAre("route 66", "C#", "track #1", "3D print", "2 wheeler", "v1.2"));
  EXPECT_THAT(Parse("\"lane 2 3 4\"\n\"say \"\"a\"\"\"\n'x, y'\n\"a,b\",\n").names,
              ElementsAre("lane 2 3 4", "say \"a\"", "x, y", "a,b"));
  EXPECT_THAT(Parse("car (parked)\ntench, Tinca tinca\n's-Hertogenbosch\n").names,
              ElementsAre("car (parked)", "tench, Tinca tinca", "'s-Hertogenbosch"));
  EXPECT_THAT(Parse("0\n1\n2\n").names, ElementsAre("0", "1", "2"));
}

TEST(ParseClassNames, NumbersOfAllNamesAreStoredValues) {
  EXPECT_THAT(Parse("0 sky\n1 road\n").values, ElementsAre(0, 1));
  EXPECT_THAT(Parse("1 sky\n2 road\n").names, ElementsAre("sky", "road"));
  EXPECT_THAT(Parse("1 sky\n2 road\n").values, ElementsAre(1, 2));
  EXPECT_THAT(Parse("7: sky\n3: road\n").values, ElementsAre(7, 3));
  EXPECT_THAT(Parse("sky,0\nroad,255\n").values, ElementsAre(0, 255));
  const ClassNames table = Parse("id,name,r,g,b\n0,sky,1,2,3\n4,road,5,6,7\n");
  EXPECT_THAT(table.names, ElementsAre("sky", "road"));
  EXPECT_THAT(table.values, ElementsAre(0, 4));
  EXPECT_THAT(table.palette, ElementsAre(Colour{1, 2, 3}, Colour{5, 6, 7}));
  EXPECT_THAT(Parse("name,id,r,g,b\nsky,0,1,2,3\nroad,4,5,6,7\n").values, ElementsAre(0, 4));
  ExpectError(ErrorCode::kInput, "line 2 of classes.txt has no number", [] { Parse("0: sky\nroad\n"); });
  ExpectError(ErrorCode::kInput, "line 2 of classes.txt has the value 1 again", [] { Parse("1: sky\n1: road\n"); });
  ExpectError(ErrorCode::kInput, "no stored value", [] { Parse("1: sky\n65536: road\n"); });
}

TEST(ParseClassNames, SkipsHeadings) {
  for (const char* heading : {"name,r,g,b", "name, r, g, b", "r,g,b,name", "Class\tR\tG\tB", "label red green blue"})
    EXPECT_THAT(Parse(std::string(heading) + "\nsky,1,2,3\n").names, ElementsAre("sky")) << heading;
  EXPECT_THAT(Parse("Pixel Value, Class\n0, background\n1, crack\n").names, ElementsAre("background", "crack"));
  ExpectError(ErrorCode::kInput, "line 1 of classes.txt is a heading",
              [] { Parse("name,id,trainId,category\na,0,0,flat\n"); });
  EXPECT_THAT(Parse("\"class\"\nlabel\n").names, ElementsAre("class", "label"));
  EXPECT_THAT(Parse("label 1 2 3\nroad 4 5 6\n").names, ElementsAre("label", "road"));
  EXPECT_THAT(Parse("id name\n7 sky\n3 road\n").values, ElementsAre(7, 3));
}

TEST(ParseClassNames, RefusesWhatMayBeAHeadingOrAClass) {
  for (const char* first : {"Class", "name", "Names", "classes:", "label", "class name", "LABELS"})
    ExpectError(ErrorCode::kInput, "line 1 of classes.txt may be a heading",
                [&] { Parse(std::string(first) + "\nsky\n"); });
  ExpectError(ErrorCode::kInput, "line 1 of classes.txt ends with a colon", [] { Parse("my own:\nsky\n"); });
  ExpectError(ErrorCode::kInput, "line 2 of classes.txt has no colour", [] { Parse("name,color\nbg,black\n"); });
  ExpectError(ErrorCode::kInput, "line 2 of classes.txt has no number", [] { Parse("name,id\nbg\nroad\n"); });
  ExpectError(ErrorCode::kInput, "columns that are not known", [] { Parse("name,supercategory\nbg,stuff\n"); });
}

TEST(ParseClassNames, BlanksBeforeAndBehindNumbers) {
  EXPECT_THAT(Parse("2 green\n0 bg\n1 red\n").values, ElementsAre(2, 0, 1));
  EXPECT_THAT(Parse("2 green\n0 bg\n1 red\n").names, ElementsAre("green", "bg", "red"));
  EXPECT_THAT(Parse("0 bg\n1 red\n5 green\n").values, ElementsAre(0, 1, 5));
  EXPECT_THAT(Parse("0 bg\n1 red\n255 void\n").values, ElementsAre(0, 1, 255));
  EXPECT_THAT(Parse("0\tbg\n1\told house\n").names, ElementsAre("bg", "old house"));
  EXPECT_THAT(Parse("bg\t0\nred\t1\n").values, ElementsAre(0, 1));
  for (const char* names : {"class 1\nclass 2", "class 1\nroute 66", "2 wheeler\n3 wheeler", "car\n2 wheeler",
                            "lane 1\nlane 2\nzone 3", "0 degrees\n90 degrees", "route 66"})
    EXPECT_THAT(fmt::format("{}", fmt::join(Parse(names).names, "\n")), names);
  for (const char* unclear : {"1 person\n2 people\n5 crowd", "0 bg\n1 red\ngreen", "bg\n1 red\n2 green",
                              "bg 0\nred 1\ngreen 2", "bg 0\nred 5\nvoid 255", "bg 1\nred 2", "0 bg\n0 red"})
    ExpectError(ErrorCode::kInput, "may be the stored value or a part of the name", [&] { Parse(unclear); });
}

TEST(ParseClassNames, RefusesWhatOtherFormatsWrite) {
  for (const char* line :
       {"// my classes", "/* classes", "-- classes", "% classes", "; my own",      "[",    "{",    "]",     "---",
        "[classes]",     "bg # it",    "bg #it",     "bg // it",  "bg 0 0 0 # it", "- bg", "* bg", "0. bg", "0 -> bg",
        "0 - bg",        "bg -> 0",    "bg => 0"})
    ExpectError(ErrorCode::kInput,
                "line 1 of classes.txt is no class: ", [&] { Parse(std::string(line) + "\nroad\n"); });
  EXPECT_THAT(Parse("\"- bg\"\n'a # b'\nC#\ntrack #1\ncar (parked)\nmid-air\n<unk>\n").names,
              ElementsAre("- bg", "a # b", "C#", "track #1", "car (parked)", "mid-air", "<unk>"));
}

TEST(ParseClassNames, IgnoreMarksWhatDoesNotCount) {
  const ClassNames classes = Parse("sky 1 2 3\nIgnore 0 0 0\nroad 4 5 6\nignore 9 9 9\n");
  EXPECT_THAT(classes.names, ElementsAre("sky", "road"));
  EXPECT_THAT(classes.values, ElementsAre(0, 2));
  EXPECT_THAT(classes.ignored_values, ElementsAre(1, 3));
  EXPECT_THAT(classes.ignored_colours, ElementsAre(Colour{0, 0, 0}, Colour{9, 9, 9}));
  const ClassNames labelme = Parse("__ignore__\n_background_\ncat\n");
  EXPECT_THAT(labelme.names, ElementsAre("_background_", "cat"));
  EXPECT_THAT(labelme.values, ElementsAre(0, 1));
  EXPECT_THAT(labelme.ignored_values, IsEmpty());
  EXPECT_THAT(Parse("sky\nroad\nignore 0 0 0\n").palette, IsEmpty());
  EXPECT_THAT(Parse("Void 0 0 0\nsky 1 2 3\n").names, ElementsAre("Void", "sky"));  // a class, until somebody says not
  ExpectError(ErrorCode::kInput, "names no class", [] { Parse("ignore\n"); });
}

TEST(ParseClassNames, EditorsAndSystemsWriteLinesDifferently) {
  EXPECT_THAT(Parse("\xef\xbb\xbfsky\r\nroad\r\n").names, ElementsAre("sky", "road"));
  EXPECT_THAT(Parse("sky\rroad\r").names, ElementsAre("sky", "road"));
  EXPECT_THAT(Parse("  sky \t\n\n# a comment\n\troad,\n").names, ElementsAre("sky", "road"));
  EXPECT_THAT(Parse("Straße\n道路\n").names, ElementsAre("Straße", "道路"));
  ExpectError(ErrorCode::kInput, "UTF-16", [] { Parse(std::string("\xff\xfes\0k\0", 6)); });
  ExpectError(ErrorCode::kInput, "line 2 of classes.txt has a control character", [] { Parse("sky\nSt\xdf\n"); });
  ExpectError(ErrorCode::kInput, "line 1 of classes.txt has a control character", [] { Parse("sk\x1b[31my\nroad\n"); });
  ExpectError(ErrorCode::kInput, "line 1 of classes.txt has a name of 2000 bytes",
              [] { Parse(std::string(2000, 'a')); });
}

TEST(ParseClassNames, RefusesNonsense) {
  ExpectError(ErrorCode::kInput, "no class", [] { Parse("# nothing\n"); });
  ExpectError(ErrorCode::kInput, "line 3 of classes.txt names \"a\" again", [] { Parse("a\nb\na\n"); });
  ExpectError(ErrorCode::kInput, "line 2 of classes.txt has no colour", [] { Parse("a 1 2 3\nb\n"); });
  ExpectError(ErrorCode::kInput, "line 2 of classes.txt has a colour", [] { Parse("a\nb 1 2 3\n"); });
  ExpectError(ErrorCode::kInput, "line 1 of classes.txt names all classes at once",
              [] { Parse("floor, part, scratch\n"); });
  std::string many;
  for (int i = 0; i < 70000; i++) many += fmt::format("c{}\n", i);
  ExpectError(ErrorCode::kInput, "65534", [&] { Parse(many); });
}

TEST(ParseClassNames, RefusesLinesLongerThanAClass) {
  std::string numbers = "road\n# " + std::string(5000, '1') + "\n";
  for (int i = 0; i < 300000; i++) numbers += "1 ";  // took seconds
  ExpectError(ErrorCode::kInput, "line 3 of classes.txt has 599999 bytes", [&] { Parse(numbers); });
  ExpectError(ErrorCode::kInput, "line 1 of classes.txt has 5000 bytes", [] { Parse(std::string(5000, ',')); });
  const std::string name(1000, '"'), quoted = "\"" + name + name + "\" 128, 0, 7";  // as long as a name can be
  EXPECT_THAT(Parse(quoted).names, ElementsAre(name));
}

TEST(ParseLabelMap, ReadsWhatCvatWrites) {
  const ClassNames classes = ParseLabelMap(
      "# label:color_rgb:parts:actions\nbackground:0,0,0::\nold house:128,0,7:door,roof:\nignored:224,224,192::\n",
      "labelmap.txt");
  EXPECT_THAT(classes.names, ElementsAre("background", "old house"));
  EXPECT_THAT(classes.palette, ElementsAre(Colour{0, 0, 0}, Colour{128, 0, 7}));
  EXPECT_THAT(classes.ignored_colours, ElementsAre(Colour{224, 224, 192}));
  EXPECT_THAT(ParseLabelMap("background:::\ncat 1 2 3:::\n", "labelmap.txt").names,
              ElementsAre("background", "cat 1 2 3"));
  ExpectError(ErrorCode::kInput, "line 2 of labelmap.txt has \"300\"",
              [] { ParseLabelMap("a:0,0,0::\nb:300,0,0::\n", "labelmap.txt"); });
  ExpectError(ErrorCode::kInput, "line 1 of labelmap.txt names no class",
              [] { ParseLabelMap(":0,0,0::\n", "labelmap.txt"); });
}

}  // namespace
}  // namespace fcn
