// docs/troubleshooting.md quotes messages in its headings. A message that changes must change there too. The table on
// top has what the headings have.
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "fcn/files.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

std::string TextOf(const fs::path& path) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  return {bytes.begin(), bytes.end()};
}

/// All of the sources, with texts that run over several lines in one piece.
std::string Sources() {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(FCN_SOURCES "/src"))
    if (entry.path().extension() == ".cc" || entry.path().extension() == ".h") all += TextOf(entry.path());
  std::string joined;
  for (size_t at = 0; at < all.size();) {
    const size_t quote = all.find('"', at), next = quote == all.npos ? quote : all.find_first_not_of(" \n", quote + 1);
    if (next == all.npos) return joined + all.substr(at);
    const bool goes_on = all[next] == '"' && next > quote + 1;
    joined += all.substr(at, goes_on ? quote - at : quote + 1 - at);
    at = goes_on ? next + 1 : quote + 1;
  }
  return joined;
}

std::vector<std::string> QuotedInHeadings() {
  std::vector<std::string> quoted;
  const std::string text = TextOf(FCN_SOURCES "/docs/troubleshooting.md");
  constexpr std::string_view kHeading = "\n### `";
  for (size_t at = text.find(kHeading); at != text.npos; at = text.find(kHeading, at + 1)) {
    const size_t begin = at + kHeading.size();
    quoted.push_back(text.substr(begin, text.find('`', begin) - begin));
  }
  return quoted;
}

TEST(Troubleshooting, QuotesMessagesAsTheyAre) {
  const std::string sources = Sources();
  const std::vector<std::string> quoted = QuotedInHeadings();
  EXPECT_GE(quoted.size(), 20u);
  for (const std::string& message : quoted) EXPECT_NE(sources.find(message), std::string::npos) << message;
}

TEST(Troubleshooting, TheTableOnTopHasEveryHeading) {
  const std::string text = TextOf(FCN_SOURCES "/docs/troubleshooting.md");
  std::string row;
  size_t headings = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) {
      const size_t at = text.find("| [" + line.substr(3) + "](#");
      ASSERT_NE(at, text.npos) << line;
      row = text.substr(at, text.find('\n', at) - at);
    }
    if (!line.starts_with("### ")) continue;
    std::string heading = line.substr(4);
    std::erase(heading, '`');
    heading.erase(heading.find_last_not_of(' ') + 1);
    EXPECT_THAT(row, testing::HasSubstr(heading));
    headings++;
  }
  EXPECT_GE(headings, 20u);
}

}  // namespace
}  // namespace fcn
