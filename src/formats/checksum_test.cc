#include "formats/checksum.h"

#include <gtest/gtest.h>

#include "fcn/files.h"
#include "formats/test_files.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

NamedTensors SomeTensors() {
  NamedTensors tensors;
  tensors["b.weight"] = StoredTensor::FromFloats({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  tensors["a.bias"] = StoredTensor::FromFloats({2}, std::vector<float>{-1, 0.5f});
  return tensors;
}

constexpr size_t kDataBytes = (6 + 2) * sizeof(float);

const std::map<std::string, std::string> kMetadata = {{"fcn.format", "1"}, {"note", "made by a test"}};

void Write(const std::filesystem::path& path) {
  auto metadata = kMetadata;
  metadata[kChecksumKey] = ChecksumOf(SomeTensors(), kMetadata);
  WriteSafetensors(path, SomeTensors(), metadata);
}

TEST(Checksum, IsWhatTheDocumentationSays) {
  // Computed by another program from the rule in docs/formats.md: files are checked by it for ever.
  EXPECT_EQ(ChecksumOf(SomeTensors(), kMetadata), "xxh3-128:5f2527947eeac4506e279b1749e10cc2");
}

TEST(Checksum, MatchesAFileAsItWasWritten) {
  const TemporaryFolder folder;
  Write(folder / "a");
  const SafetensorsFile file = ReadSafetensors(folder / "a");
  EXPECT_EQ(CompareChecksum(file), ChecksumResult::kMatches);
  EXPECT_NO_THROW(CheckChecksum(file, "a"));
}

TEST(Checksum, FindsEveryFlippedBit) {
  const TemporaryFolder folder;
  Write(folder / "a");
  const std::string whole = FileText(folder / "a");
  const size_t header_end = whole.find_last_not_of(' ', whole.size() - kDataBytes - 1) + 1;  // spaces mean nothing
  size_t read = 0;
  for (size_t bit = 0; bit < 8 * whole.size(); bit++) {
    const size_t at = bit / 8;
    std::string text = whole;
    text[at] = static_cast<char>(text[at] ^ (1 << bit % 8));
    const HeapCopy copy(text);
    try {
      const SafetensorsFile file = ParseSafetensors(copy.data, copy.bytes(), "x");
      read++;
      const ChecksumResult result = CompareChecksum(file);
      const size_t key = whole.find(kChecksumKey);
      const bool is_of_checksum = at >= key && at < whole.find('"', key + sizeof kChecksumKey + 2);
      const bool is_padding = at >= header_end && at < whole.size() - kDataBytes;
      if (is_of_checksum || is_padding)
        EXPECT_NE(result == ChecksumResult::kMatches, is_of_checksum) << "bit " << bit;
      else
        EXPECT_EQ(result, ChecksumResult::kDiffers) << "bit " << bit;
    } catch (const Error&) {  // no longer a safetensors file
    }
  }
  EXPECT_GT(read, 8 * 4 * (6 + 2));
}

TEST(Checksum, CoversNamesTypesShapesAndMetadata) {
  const std::string before = ChecksumOf(SomeTensors(), kMetadata);
  const auto differs = [&](auto change) {
    NamedTensors tensors = SomeTensors();
    auto metadata = kMetadata;
    change(tensors, metadata);
    EXPECT_NE(ChecksumOf(tensors, metadata), before);
  };
  differs([](auto& tensors, auto&) { tensors["b.weight"].shape = Shape({3, 2}); });
  differs([](auto& tensors, auto&) { tensors["b.weight"].dtype = DType::kInt32; });
  differs([](auto& tensors, auto&) { tensors["c"] = tensors["b.weight"], tensors.erase("b.weight"); });
  differs([](auto& tensors, auto&) { std::swap(tensors["b.weight"], tensors["a.bias"]); });
  differs([](auto& tensors, auto&) { tensors["none"] = StoredTensor::FromFloats({0}, {}); });
  differs([](auto&, auto& metadata) { metadata["note"] += '.'; });
  differs([](auto&, auto& metadata) { metadata["another"] = ""; });
  differs([](auto&, auto& metadata) { metadata.erase("note"); });
}

TEST(Checksum, FilesWithoutOneOrOfALaterKindAreRead) {
  const TemporaryFolder folder;
  const auto compare = [&](const std::map<std::string, std::string>& metadata) {
    WriteSafetensors(folder / "a", SomeTensors(), metadata);
    return CompareChecksum(ReadSafetensors(folder / "a"));
  };
  EXPECT_EQ(compare({}), ChecksumResult::kNone);
  EXPECT_EQ(compare({{kChecksumKey, "sha3-256:00"}}), ChecksumResult::kUnknown);
  EXPECT_EQ(compare({{kChecksumKey, "xxh3-128:"}}), ChecksumResult::kDiffers);
  for (const char* none : {"", ":00", "sha3-256", "sha3-256:", "sha3-256:0g", "null", "[]", "1e999"})
    EXPECT_EQ(compare({{kChecksumKey, none}}), ChecksumResult::kDiffers) << none;
  EXPECT_NO_THROW(CheckChecksum({SomeTensors(), {{kChecksumKey, "sha3-256:00"}}}, "a"));
  ExpectError(ErrorCode::kInput, "a.model is damaged", [] {
    CheckChecksum({SomeTensors(), {{kChecksumKey, "xxh3-128:00"}}}, "a.model");
  });
}

}  // namespace
}  // namespace fcn
