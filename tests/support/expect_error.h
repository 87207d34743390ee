#pragma once

#include <gtest/gtest.h>

#include <string>

#include "fcn/error.h"

namespace fcn::test {

/// Expects that body() throws fcn::Error of that code, whose message or hint has `part` in it, and which says what to
/// do.
template <typename Body>
void ExpectError(ErrorCode code, const std::string& part, Body body) {
  try {
    body();
    ADD_FAILURE() << "accepted; expected an error about: " << part;
  } catch (const Error& error) {
    EXPECT_STREQ(ErrorCodeName(error.code()), ErrorCodeName(code)) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what() << "\ndoes not say: " << part;
    EXPECT_NE(error.hint(), "") << error.what() << "\ndoes not say what to do";
  }
}

}  // namespace fcn::test
