#include "cli/class_list.h"

#include <gmock/gmock.h>

#include "fcn/option_text.h"
#include "support/expect_error.h"

namespace fcn::cli {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kClasses = {"background", "golden retriever", "tench, Tinca tinca", "cat", "Cat"};

TEST(ParseClasses, TakesNamesIndicesAndRanges) {
  EXPECT_THAT(ParseClasses("golden retriever", kClasses), ElementsAre(1));
  EXPECT_THAT(ParseClasses("CAT", kClasses), ElementsAre(3, 4));
  EXPECT_THAT(ParseClasses("1-2,0,2", kClasses), ElementsAre(0, 1, 2));
  EXPECT_THAT(ParseClasses("tench, Tinca tinca", kClasses), ElementsAre(2));
}

TEST(ParseClasses, BlanksAroundMembersDoNotCount) {
  EXPECT_THAT(ParseClasses(" golden retriever , 0\t,2 ", kClasses), ElementsAre(0, 1, 2));
  EXPECT_THAT(ParseClasses("\ttench, Tinca tinca ", kClasses), ElementsAre(2));
}

TEST(ParseClasses, RefusesWhatIsNoClass) {
  for (const char* text : {"", " ", "0,,1", "0,", ",0"}) EXPECT_THROW(ParseClasses(text, kClasses), WrongValue) << text;
  test::ExpectError(ErrorCode::kUsage, "no class \"goldn retriever\"",
                    [] { ParseClasses("goldn retriever", kClasses); });
  for (const char* text : {"5", "-1", "4294967296", "3-5"})
    test::ExpectError(ErrorCode::kUsage, "no class", [&] { ParseClasses(text, kClasses); });
  test::ExpectError(ErrorCode::kUsage, "range 2-1 is empty", [] { ParseClasses("2-1", kClasses); });
}

}  // namespace
}  // namespace fcn::cli
