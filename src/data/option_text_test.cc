#include "fcn/option_text.h"

#include <gmock/gmock.h>

namespace fcn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <typename Parse>
std::string Wrong(Parse parse) {
  try {
    parse();
    return "accepted";
  } catch (const WrongValue& wrong) {
    return wrong.what;
  }
}

TEST(OptionText, ListsHaveCommas) {
  EXPECT_THAT(SplitMembers(" a, b c ,d", "a name"), ElementsAre("a", "b c", "d"));
  EXPECT_THAT(SplitMembers("", "a name"), IsEmpty());
  EXPECT_THAT(SplitMembers("  ", "a name"), IsEmpty());
  for (const char* text : {",", "a,", ",a", "a,,b", "a, ,b"})
    EXPECT_EQ(Wrong([&] { SplitMembers(text, "a name"); }), "has \"\", which is not a name") << text;
}

TEST(OptionText, ColoursAreNumbersOrHexadecimal) {
  const Colour road{128, 64, 128}, black{0, 0, 0};
  EXPECT_THAT(ParseColours("128,64,128"), ElementsAre(road));
  EXPECT_THAT(ParseColours("#804080"), ElementsAre(road));
  EXPECT_THAT(ParseColours("128,64,128,0,0,0"), ElementsAre(road, black));
  EXPECT_THAT(ParseColours("#804080, #000000"), ElementsAre(road, black));
  EXPECT_THAT(ParseColours("#000000,128, 64, 128,#804080"), ElementsAre(black, road, road));
  for (const char* text :
       {"1,2", "1,2,3,4", "#80408", "#80408g", "804080", "256,0,0", "-1,0,0", "1,#804080,2,3", "red"})
    EXPECT_THAT(Wrong([&] { ParseColours(text); }), HasSubstr("which is not ")) << text;
}

TEST(OptionText, MappingsAreOfValuesAndColours) {
  const LabelMapping binary{255, 1}, seven{7, 0, false, true}, colour{0xe0e0c0, 0, true, true},
      house{0x800000, 2, true};
  EXPECT_THAT(ParseMappings("255:1"), ElementsAre(binary));
  EXPECT_THAT(ParseMappings(" 255 : 1 , 7:ignore"), ElementsAre(binary, seven));
  EXPECT_THAT(ParseMappings("#e0e0c0:ignore,#800000:2"), ElementsAre(colour, house));
  EXPECT_THAT(ParseMappings("7:ignore,224,224,192:ignore,255:1,128,0,0:2"), ElementsAre(seven, colour, binary, house));
  LabelMapping wall = binary, roof = house;
  wall.head = roof.head = "wall";
  EXPECT_THAT(ParseMappings("wall=255:1, 255:1,wall = 128,0,0:2"), ElementsAre(wall, binary, roof));
  for (const char* text : {"=255:1", "9=255:1", "wall=", "wall=255", "255=1", "128,wall=0,0:2", "wall=wall=255:1"})
    EXPECT_THAT(Wrong([&] { ParseMappings(text); }), HasSubstr("which is not ")) << text;
  for (const char* text : {"255", "1:2:3", "a:1", "1:a", ":1", "1:", "1,2:3", "1,2,3,4:5", "1,2,3", "1,2,300:1",
                           "1:Ignore", "#80:1", "1,#800000:1", "255:1,"})
    EXPECT_THAT(Wrong([&] { ParseMappings(text); }), HasSubstr("which is not ")) << text;
}

TEST(OptionText, IsWrittenAsItIsRead) {
  EXPECT_EQ(ColourText({128, 64, 1}), "#804001");
  for (const char* text : {"255:1", "7:ignore", "#e0e0c0:ignore", "#000001:2", "wall=255:1", "wall=#000001:ignore"})
    EXPECT_EQ(MappingText(ParseMappings(text).at(0)), text);
}

TEST(OptionText, NumbersAreDecimal) {
  EXPECT_EQ(ParseWhole("010"), 10);
  EXPECT_EQ(ParseWhole("-1"), -1);
  for (const char* text : {"", "0x10", "1.0", "1 ", "99999999999999999999"}) EXPECT_FALSE(ParseWhole(text)) << text;
  EXPECT_EQ(ParseWidthHeight("640x480"), (std::pair<int64_t, int64_t>(640, 480)));
  for (const char* text : {"640", "640x", "x480", "640x480x3", "640,480"}) EXPECT_FALSE(ParseWidthHeight(text)) << text;
}

}  // namespace
}  // namespace fcn
