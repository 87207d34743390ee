#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "support/run_program.h"

namespace fcn::test {

/// Expects UTF-8 without control characters but newlines, and without what reorders or hides text. The list is the
/// test's own.
inline void ExpectFitForTerminal(std::string_view text) {
  constexpr char32_t kHidden[] = {0xad,   0x61c,  0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c,
                                  0x202d, 0x202e, 0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0x3164, 0xfeff, 0xe0041};
  for (std::string_view rest = text; !rest.empty();) {
    const size_t length = Utf8Length(rest);
    ASSERT_NE(length, 0u) << "no UTF-8: " << testing::PrintToString(std::string(text));
    const char32_t c = Utf8Character(rest);
    const bool is_control = (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0);
    ASSERT_FALSE(is_control || std::find(std::begin(kHidden), std::end(kHidden), c) != std::end(kHidden))
        << "U+" << std::hex << static_cast<uint32_t>(c) << " in " << testing::PrintToString(std::string(text));
    rest.remove_prefix(length);
  }
}

/// Expects that each refusal on standard error, "fcn: " and what is wrong, has a line below it that says what to do.
inline void ExpectRemedies(const std::string& err) {
  std::istringstream lines(err);
  std::string line, next;
  for (bool more = static_cast<bool>(std::getline(lines, line)); more; line = next) {
    next.clear();
    more = static_cast<bool>(std::getline(lines, next));
    // What was asked for by a signal is no refusal.
    const bool is_refusal = line.starts_with("fcn: ") && !line.starts_with("fcn: note: ") &&
                            !line.starts_with("fcn: stopping") && !line.starts_with("fcn: writing a checkpoint");
    EXPECT_TRUE(!is_refusal || next.starts_with("  ")) << "no remedy: " << line;
  }
}

/// What holds for everything that the program prints.
inline void ExpectReadable(const ProgramResult& result) {
  ExpectFitForTerminal(result.out);
  ExpectFitForTerminal(result.err);
  ExpectRemedies(result.err);
}

}  // namespace fcn::test
