#include "data/lists.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ParseList, ReadsPairsOfPaths) {
  const auto entries = ParseList("# pictures\n\na.jpg b.png\r\n  c/d.jpg\te f/g h.png\n\xef\xbb\xbfx  y", "list");
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].image, "a.jpg");
  EXPECT_EQ(entries[0].labels, "b.png");
  EXPECT_EQ(entries[1].labels, "e f/g h.png");
  EXPECT_EQ(entries[2].labels, "y");
  EXPECT_THAT(ParseList("", "list"), IsEmpty());
  EXPECT_EQ(ParseList("\xef\xbb\xbf"
                      "a b",
                      "list")[0]
                .image,
            "a");
}

TEST(ParseList, NamesTheLineThatIsWrong) {
  ExpectError(ErrorCode::kInput, "line 2 of list", [] { ParseList("a b\nalone\n", "list"); });
  ExpectError(ErrorCode::kInput, "line 1 of list", [] { ParseList("a b c", "list"); });
  ExpectError(ErrorCode::kInput, "line 1 of list", [] { ParseList("a\tb\tc", "list"); });
  ExpectError(ErrorCode::kInput, "zero byte", [] { ParseList(std::string_view("a b\n\0", 5), "list"); });
  ExpectError(ErrorCode::kInput, "\"a?[31m\"", [] { ParseList("a\x1b[31m", "list"); });
}

TEST(ParseNames, TakesOneALine) {
  EXPECT_THAT(ParseNames("2007_000032\r\n\n2007_000039\n", "train.txt"), ElementsAre("2007_000032", "2007_000039"));
  // VOC's lists of a single class have a second column: another format.
  ExpectError(ErrorCode::kInput, "line 1", [] { ParseNames("2007_000032 -1\n", "cat_train.txt"); });
}

TEST(ParseClassNames, WithAndWithoutColours) {
  EXPECT_THAT(ParseClassNames("road\ntraffic light\nlane 2\n", "classes.txt").names,
              ElementsAre("road", "traffic light", "lane 2"));
  const ClassNames classes = ParseClassNames("road 128 64 128\ntraffic light 250 170 30\nlane 2 1 2 3", "classes.txt");
  EXPECT_THAT(classes.names, ElementsAre("road", "traffic light", "lane 2"));
  EXPECT_THAT(classes.palette, ElementsAre(Colour{128, 64, 128}, Colour{250, 170, 30}, Colour{1, 2, 3}));
  EXPECT_THAT(ParseClassNames("1 2 300 4\n", "classes.txt").names, ElementsAre("1 2 300 4"));  // no colour: 300
}

TEST(ParseClassNames, RefusesNonsense) {
  ExpectError(ErrorCode::kInput, "no class", [] { ParseClassNames("# nothing\n", "classes.txt"); });
  ExpectError(ErrorCode::kInput, "again", [] { ParseClassNames("a\nb\na\n", "classes.txt"); });
  ExpectError(ErrorCode::kInput, "has no colour", [] { ParseClassNames("a 1 2 3\nb\n", "classes.txt"); });
  ExpectError(ErrorCode::kInput, "has a colour", [] { ParseClassNames("a\nb 1 2 3\n", "classes.txt"); });
  std::string many;
  for (int i = 0; i < 70000; i++) many += std::to_string(i) + "\n";
  ExpectError(ErrorCode::kInput, "65000", [&] { ParseClassNames(many, "classes.txt"); });
}

TEST(ParseSplit, SlicesAsPythonDoes) {
  const auto range = [](const char* text) { return ParseSplit(text).Range(10); };
  using Pair = std::pair<size_t, size_t>;
  EXPECT_EQ(range("train"), Pair(0, 10));
  EXPECT_EQ(range("train[:3]"), Pair(0, 3));
  EXPECT_EQ(range("train[3:]"), Pair(3, 10));
  EXPECT_EQ(range("train[2:5]"), Pair(2, 5));
  EXPECT_EQ(range("train[-3:]"), Pair(7, 10));
  EXPECT_EQ(range("train[:-3]"), Pair(0, 7));
  EXPECT_EQ(range("train[-30:30]"), Pair(0, 10));
  EXPECT_EQ(range("train[5:2]"), Pair(5, 5));
  EXPECT_EQ(range("[:99999999999999]"), Pair(0, 10));
  EXPECT_EQ(ParseSplit("train[:3]").name, "train");
  for (const char* wrong : {"train[", "train[]", "train[3]", "train[:3", "train[a:]", "train[:3]x", "train[1:2:3]",
                            "train[:99999999999999999999]"})
    ExpectError(ErrorCode::kUsage, "train[:380]", [&] { ParseSplit(wrong); });
}

}  // namespace
}  // namespace fcn
