#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <regex>
#include <string>
#include <vector>

/// What every page must be.
namespace fcn::test {

inline size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) count++;
  return count;
}

/// A page without the bytes of its pictures, which are long, and std::regex is recursive.
inline std::string WithoutPictures(std::string html) {
  for (size_t at = html.find(";base64,"); at != std::string::npos; at = html.find(";base64,", at))
    html.erase(at, html.find('"', at) - at);
  return html;
}

/// Every tag that is opened is closed in its order; attributes have quotes.
inline void ExpectWellFormed(const std::string& html) {
  static const std::regex tag(R"re(<(/?)([a-z][a-z0-9]*)((?: [a-zA-Z0-9-]+(?:="[^"]*")?)*)(/?)>)re");
  const std::string body = WithoutPictures(html.substr(html.find("<body>")));
  std::vector<std::string> open;
  size_t tags = 0;
  for (std::sregex_iterator match(body.begin(), body.end(), tag), end; match != end; match++, tags++) {
    const std::string name = (*match)[2];
    if ((*match)[4].length() > 0 || name == "img") continue;
    if ((*match)[1].length() == 0) {
      open.push_back(name);
    } else if (name != "html") {
      ASSERT_FALSE(open.empty()) << name;
      EXPECT_EQ(open.back(), name);
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(Count(body, "<"), tags) << "a < that begins no tag";
}

inline void ExpectNothingFromOutside(const std::string& html) {
  const std::string text = WithoutPictures(html);
  for (const char* part : {"http:", "https:", "//", "@import", "<script", "<link", "url("})
    EXPECT_EQ(text.find(part), std::string::npos) << part;
}

}  // namespace fcn::test
