#include "cli/result_mark.h"

#include <algorithm>
#include <string_view>

#include "fcn/files.h"

namespace fcn::cli {
namespace {

using namespace std::string_view_literals;

/// The whole chunk: length, type, keyword and text, CRC.
constexpr std::string_view kChunk = "\0\0\0\x14tEXtSoftware\0fcn segment\x14\x0e\xa1\xd1"sv;
constexpr size_t kPlace = 8 + 25;  // behind the signature and IHDR, which comes first

}  // namespace

std::vector<uint8_t> WithResultMark(std::vector<uint8_t> png) {
  png.insert(png.begin() + kPlace, kChunk.begin(), kChunk.end());
  return png;
}

bool HasResultMark(const std::filesystem::path& file) {
  const std::vector<uint8_t> bytes = ReadEnds(file, kPlace + kChunk.size()).bytes;
  return bytes.size() >= kPlace + kChunk.size() &&
         std::equal(kChunk.begin(), kChunk.end(), bytes.begin() + kPlace,
                    [](char ours, uint8_t theirs) { return static_cast<uint8_t>(ours) == theirs; });
}

}  // namespace fcn::cli
