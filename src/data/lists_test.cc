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

TEST(ParseList, TakesPathsWithSpaces) {
  const auto both = [](
                        const char* line, EntryExists exists = [](const ListEntry&) { return false; }) {
    const ListEntry entry = ParseList(line, "list", exists).at(0);
    return entry.image + "|" + entry.labels;
  };
  EXPECT_EQ(both("\"a b.jpg\" \"c d.png\""), "a b.jpg|c d.png");
  EXPECT_EQ(both("\"a b.jpg\", c.png"), "a b.jpg|c.png");
  EXPECT_EQ(both("a b.jpg\tc d.png"), "a b.jpg|c d.png");
  EXPECT_EQ(both("\"a b.jpg\",\"c.png\""), "a b.jpg|c.png");
  EXPECT_EQ(both("a.jpg,b.png"), "a.jpg|b.png");
  EXPECT_EQ(both("a.jpg, b.png"), "a.jpg|b.png");
  EXPECT_EQ(both("a b.jpg  c d.png", [](const ListEntry& entry) { return entry.image == "a b.jpg"; }),
            "a b.jpg|c d.png");
  ExpectError(ErrorCode::kInput, "line 1 of list", [&] { both("a b.jpg c d.png"); });
}

TEST(ParseList, NamesTheLineThatIsWrong) {
  ExpectError(ErrorCode::kInput, "line 2 of list", [] { ParseList("a b\nalone\n", "list"); });
  ExpectError(ErrorCode::kInput, "line 1 of list", [] { ParseList("a b c", "list"); });
  ExpectError(ErrorCode::kInput, "line 1 of list", [] { ParseList("a\tb\tc", "list"); });
  ExpectError(ErrorCode::kInput, "line 1 of list", [] { ParseList(", b", "list"); });
  ExpectError(ErrorCode::kInput, "zero byte", [] { ParseList(std::string_view("a b\n\0", 5), "list"); });
  ExpectError(ErrorCode::kInput, R"("a\x1b[31m")", [] { ParseList("a\x1b[31m", "list"); });
}

TEST(ParseColumns, ReadsAsManyPathsAsThereAreRoles) {
  const auto lines =
      ParseColumns("# roles\na.jpg d.png m.png\n\"a b.jpg\" \"d.png\", m.png\na b\td\tm\na,b,c\n", "list", 3);
  EXPECT_THAT(lines, ElementsAre(ElementsAre("a.jpg", "d.png", "m.png"), ElementsAre("a b.jpg", "d.png", "m.png"),
                                 ElementsAre("a b", "d", "m"), ElementsAre("a", "b", "c")));
  EXPECT_THAT(ParseColumns("one\n", "list", 1), ElementsAre(ElementsAre("one")));
  for (const char* wrong : {"a b", "a b c d", "a\tb", "a,b", "\"\" b c"})
    ExpectError(ErrorCode::kInput, "line 1 of list is not 3 paths", [&] { ParseColumns(wrong, "list", 3); });
}

TEST(ParseNames, TakesOneALine) {
  EXPECT_THAT(ParseNames("2007_000032\r\n\n2007_000039\n", "train.txt"), ElementsAre("2007_000032", "2007_000039"));
  EXPECT_THAT(ParseNames("a picture\r# no name\r\"b  c\"\n\"d\" e\n", "list"),
              ElementsAre("a picture", "b  c", "\"d\" e"));
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
