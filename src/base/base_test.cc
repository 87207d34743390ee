// The small parts of this folder: errors, checks, references to functions, names, the version.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "fcn/error.h"
#include "fcn/function_ref.h"
#include "fcn/text.h"
#include "fcn/version.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

TEST(Error, SaysWhatAndWhatToDo) {
  const Error with_hint(ErrorCode::kInput, "it is broken", "mend it");
  EXPECT_EQ(with_hint.code(), ErrorCode::kInput);
  EXPECT_EQ(with_hint.message(), "it is broken");
  EXPECT_EQ(with_hint.hint(), "mend it");
  EXPECT_STREQ(with_hint.what(), "it is broken\n  mend it");
}

TEST(Error, CodesHaveNames) {
  const std::vector<std::pair<ErrorCode, std::string>> names = {
      {ErrorCode::kUsage, "usage"},      {ErrorCode::kInput, "input"},         {ErrorCode::kIo, "io"},
      {ErrorCode::kMemory, "memory"},    {ErrorCode::kCancelled, "cancelled"}, {ErrorCode::kUnsupported, "unsupported"},
      {ErrorCode::kInternal, "internal"}};
  for (const auto& [code, name] : names) EXPECT_EQ(ErrorCodeName(code), name);
}

TEST(Check, ThrowsWhatToReport) {
  int evaluated = 0;
  FCN_CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
  test::ExpectError(ErrorCode::kInternal, "evaluated == 2 does not hold at", [&] { FCN_CHECK(evaluated == 2); });
  test::ExpectError(ErrorCode::kInternal, "base_test.cc:", [] { FCN_CHECK(false); });
}

int Twice(int x) { return 2 * x; }
int Apply(FunctionRef<int(int)> f, int x) { return f(x); }

TEST(FunctionRef, CallsWhatItWasGiven) {
  int calls = 0;
  auto counting = [&calls](int x) {
    calls++;
    return x + 1;
  };
  EXPECT_EQ(Apply(counting, 4), 5);
  EXPECT_EQ(Apply([](int x) { return -x; }, 4), -4);
  EXPECT_EQ(Apply(&Twice, 4), 8);
  const auto constant = [](int) { return 7; };
  EXPECT_EQ(Apply(constant, 0), 7);
  EXPECT_EQ(calls, 1);
}

TEST(FunctionRef, RefersAndDoesNotCopy) {
  int state = 0;
  auto add = [state](int x) mutable { return state += x; };
  const FunctionRef<int(int)> ref(add);
  const FunctionRef<int(int)> copy = ref;
  EXPECT_EQ(ref(2), 2);
  EXPECT_EQ(copy(3), 5);
  EXPECT_EQ(add(0), 5);
}

TEST(FunctionRef, PassesArgumentsOn) {
  const auto assign = [](std::string& to, std::unique_ptr<int> from) { to = std::to_string(*from); };
  const FunctionRef<void(std::string&, std::unique_ptr<int>)> ref(assign);
  std::string text;
  ref(text, std::make_unique<int>(31));
  EXPECT_EQ(text, "31");
}

TEST(NearestName, FindsWhatWasMeant) {
  const std::vector<std::string> verbs = {"import", "segment", "info", "bench", "verify"};
  EXPECT_EQ(NearestName("segmnet", verbs), "segment");
  EXPECT_EQ(NearestName("Import", verbs), "import");
  EXPECT_EQ(NearestName("inf", verbs), "info");
  EXPECT_EQ(NearestName("verify", verbs), "verify");
  EXPECT_EQ(NearestName("benchmark", verbs), "");  // more letters to delete than half of "bench"
  EXPECT_EQ(NearestName("xyz", verbs), "");
  EXPECT_EQ(NearestName("", verbs), "");
  EXPECT_EQ(NearestName("import", {}), "");
  EXPECT_EQ(NearestName(std::string(1 << 20, 'i'), verbs), "");
}

TEST(Version, HasThreeNumbers) { EXPECT_THAT(Version(), ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+")); }

}  // namespace
}  // namespace fcn
