#pragma once

// What the tests of this folder share: fixtures, temporary files, errors.

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcn/error.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace fcn {

inline std::filesystem::path Fixture(const std::string& name) {
  return std::filesystem::path(FCN_FORMATS_TESTDATA) / name;
}

inline std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// `text` with exactly its length on the heap, so that a sanitizer sees every read beyond it.
struct HeapCopy {
  explicit HeapCopy(std::string_view text) : size(text.size()), data(new uint8_t[text.size()]) {
    std::copy(text.begin(), text.end(), data.get());
  }
  std::span<const uint8_t> bytes() const { return {data.get(), size}; }
  size_t size;
  std::shared_ptr<uint8_t[]> data;
};

/// A little-endian number of `width` bytes.
inline std::string LittleEndian(uint64_t number, int width) {
  std::string bytes;
  for (int i = 0; i < width; i++) bytes += static_cast<char>(number >> (8 * i) & 0xff);
  return bytes;
}

using test::ExpectError;
using test::FileText;
using test::TemporaryFolder;

/// Expects fcn::Error, not kInternal, from every proper prefix of a file.
inline void ExpectEveryPrefixRefused(std::string_view file, const std::function<void(const HeapCopy&)>& parse) {
  for (size_t size = 0; size < file.size(); size++) {
    const HeapCopy prefix(file.substr(0, size));
    try {
      parse(prefix);
      ADD_FAILURE() << "accepted the first " << size << " of " << file.size() << " bytes";
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << size << " bytes: " << error.what();
    }
  }
}

}  // namespace fcn
