#include "fcn/text.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/utf8.h"
#include "fcn/error.h"

namespace fcn {
namespace {

TEST(Printable, LeavesWhatPeopleRead) {
  for (const std::string text :
       {"", "road", "Straße", "道路", "a\ne\u0301", "улица", "שלום", "طريق", "\U0001f697", "\u2764\ufe0f",
        "\U0001f469\u200d\U0001f680", "\u2764\ufe0f\u200d\U0001f525",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "©\ufe0f", "a\\x1b", "first\nsecond"})
    EXPECT_EQ(Printable(text), text);
}

TEST(Printable, WritesHiddenCharactersVisibly) {
  EXPECT_EQ(Printable("ro\x1b[31mad"), "ro\\x1b[31mad");
  EXPECT_EQ(Printable(std::string_view("\0\a\b\t\r\x7f", 6)), "\\x00\\x07\\x08\\t\\r\\x7f");
  EXPECT_EQ(Printable("\u0080\u0085\u009b31m\u009f\u00ad"), "\\u0080\\u0085\\u009b31m\\u009f\\u00ad");
  EXPECT_EQ(Printable("\u061c\u200b\u200e\u200f\u2028\u2029"), "\\u061c\\u200b\\u200e\\u200f\\u2028\\u2029");
  EXPECT_EQ(Printable("\u202a\u202e\u2066\u2069\u2060\ufeff"), "\\u202a\\u202e\\u2066\\u2069\\u2060\\ufeff");
  EXPECT_EQ(Printable("\u3164\U000e0041\U000e0100"), "\\u3164\\U000e0041\\U000e0100");
}

TEST(Printable, LeavesJoinersAndSelectorsWhereTheyBelong) {
  EXPECT_EQ(Printable("ro\u200dad\u200c"), "ro\\u200dad\\u200c");
  EXPECT_EQ(Printable("\U0001f469\u200dA"), "\U0001f469\\u200dA");
  EXPECT_EQ(Printable("\u0645\u200c"), "\u0645\\u200c");
  EXPECT_EQ(Printable("\u0645\u200c\u200c\u0645"), "\u0645\\u200c\\u200c\u0645");
  EXPECT_EQ(Printable("a\ufe0f\u2764\ufe0f\ufe0f"), "a\\ufe0f\u2764\ufe0f\\ufe0f");
}

TEST(Printable, WritesWhatIsNoUtf8AsBytes) {
  EXPECT_EQ(Printable("Stra\xdf"
                      "e"),
            "Stra\\xdfe");
  EXPECT_EQ(Printable("\x9b"
                      "31m"),
            "\\x9b31m");                                                      // a control character in Latin-1
  EXPECT_EQ(Printable("\xc0\x9b\xe0\x80\x9b"), "\\xc0\\x9b\\xe0\\x80\\x9b");  // overlong
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");                    // a surrogate
  EXPECT_EQ(Printable("\xf4\x90\x80\x80\xe9\x81"), "\\xf4\\x90\\x80\\x80\\xe9\\x81");
}

TEST(Printable, MayBeRepeated) {
  for (const std::string text : {"\x1b\xff\u202e\U000e0041", "a\nb\tc\\"}) {
    EXPECT_EQ(Printable(Printable(text)), Printable(text));
    EXPECT_EQ(Shown(Shown(text)), Shown(text));
  }
}

TEST(PrintableMessage, KeepsNewlinesBeforeIndents) {
  EXPECT_EQ(PrintableMessage("two errors:\n  one\n  two\nfcn: three"), "two errors:\n  one\n  two\\nfcn: three");
}

TEST(Shown, IsOneLine) {
  EXPECT_EQ(Shown("a\nb\u2028c"), "a\\nb\\u2028c");
  EXPECT_EQ(Shown(std::filesystem::path("道/a\n\x1b.png")), "道/a\\n\\x1b.png");
}

TEST(Quoted, CutsBetweenCharacters) {
  EXPECT_EQ(Quoted("Straße\n"), "\"Straße\\n\"");
  std::string eighty;
  for (int i = 0; i < 80; i++) eighty += "道";
  EXPECT_EQ(Quoted(eighty), "\"" + eighty + "\"");
  EXPECT_EQ(Quoted(eighty + "路"), "\"" + eighty + "...\"");
  EXPECT_EQ(Quoted(std::string(81, '\xff')).size(), 80 * 4 + 5U);
}

TEST(PrintableJson, EscapesAsJsonDoes) {
  EXPECT_EQ(PrintableJson("{\n  \"Straße\": \"道\u007f\u009b\u202e\U000e0041\"\n}"),
            "{\n  \"Straße\": \"道\\u007f\\u009b\\u202e\\udb40\\udc41\"\n}");
}

TEST(FirstCharacters, AreWhole) {
  EXPECT_EQ(FirstCharacters("aß道", 2), "aß");
  EXPECT_EQ(FirstCharacters("\xff\xe9", 1), "\xff");
  EXPECT_EQ(FirstCharacters("a", 9), "a");
}

TEST(Error, HasNothingHidden) {
  const Error error(ErrorCode::kInput, "a\x1b[2J.png\n  b\nc",
                    "mend \u202e"
                    "it");
  EXPECT_EQ(error.message(), "a\\x1b[2J.png\n  b\\nc");
  EXPECT_EQ(error.hint(), "mend \\u202eit");
  EXPECT_STREQ(error.what(), "a\\x1b[2J.png\n  b\\nc\n  mend \\u202eit");
}

TEST(Utf8, NamesEveryCharacter) {
  for (const char32_t c :
       {U'a', U'\u007f', U'\u0080', U'ß', U'\u07ff', U'\u0800', U'道', U'\uffff', U'\U00010000', U'\U0010ffff'}) {
    const auto byte = [&](char32_t first, int shift) { return static_cast<char>(first | (c >> shift & 0x3f)); };
    const std::string text =
        c < 0x80      ? std::string{static_cast<char>(c)}
        : c < 0x800   ? std::string{static_cast<char>(0xc0 | c >> 6), byte(0x80, 0)}
        : c < 0x10000 ? std::string{static_cast<char>(0xe0 | c >> 12), byte(0x80, 6), byte(0x80, 0)}
                      : std::string{static_cast<char>(0xf0 | c >> 18), byte(0x80, 12), byte(0x80, 6), byte(0x80, 0)};
    EXPECT_EQ(Utf8Length(text), text.size());
    EXPECT_EQ(Utf8Character(text), c);
  }
}

}  // namespace
}  // namespace fcn
