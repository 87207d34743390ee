#include "base/whole_file.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <fstream>

#include "fcn/files.h"
#include "support/expect_error.h"
#include "support/folder_test.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;

constexpr size_t kMapAll = 0;

class WholeFiles : public test::FolderTest {
 protected:
  /// As an editor does: the same file, other bytes, and a time of change that differs however fast the test is.
  static void WriteInto(const fs::path& path, const std::string& text) {
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out) << text;
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::nanoseconds(1));
  }
};

std::string Text(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

TEST_F(WholeFiles, HaveTheBytesReadOrMapped) {
  const std::string text("some\0bytes\xff", 11);
  const fs::path path = Put("a", text);
  const WholeFile read(path), mapped(path, kMapAll);
  EXPECT_FALSE(read.is_mapped());
  EXPECT_TRUE(mapped.is_mapped());
  for (const WholeFile* file : {&read, &mapped}) {
    EXPECT_EQ(Text(file->bytes()), text);
    EXPECT_EQ(file->path(), path);
    EXPECT_NO_THROW(file->CheckUnchanged());
  }
  EXPECT_TRUE(WholeFile(Put("empty", "")).bytes().empty());
  EXPECT_TRUE(WholeFile(Put("empty", ""), kMapAll).bytes().empty());
}

TEST_F(WholeFiles, NearlyAllHoleAreRefused) {
  const fs::path path = Put("a", "the first bytes of a download");
  fs::resize_file(path, uintmax_t{1} << 32);
  ExpectError(ErrorCode::kInput, "is not whole: of its 4294967296 bytes", [&] { WholeFile file(path); });
}

TEST_F(WholeFiles, WhatWasReadStaysWhateverBecomesOfTheFile) {
  const fs::path path = Put("a", "as it was");
  const WholeFile file(path);
  WriteInto(path, "otherwise");
  EXPECT_NO_THROW(file.CheckUnchanged());
  fs::resize_file(path, 0);
  EXPECT_EQ(Text(file.bytes()), "as it was");
}

TEST_F(WholeFiles, AMappedFileThatIsReplacedOrRemovedOrRenamedStays) {
  const fs::path path = Put("a", "still here");
  const WholeFile file(path, kMapAll);
  fs::permissions(path, fs::perms::owner_read);
  fs::create_hard_link(path, folder_ / "link");
  fs::rename(Put("b", "another"), path);
  fs::remove(folder_ / "link");
  EXPECT_NO_THROW(file.CheckUnchanged());
  EXPECT_EQ(Text(file.bytes()), "still here");
}

TEST_F(WholeFiles, AMappedFileThatIsChangedIsFound) {
  const auto expect_found = [&](auto change) {
    const fs::path path = Put("a", std::string(10000, 'x'));
    const WholeFile file(path, kMapAll);
    change(path);
    ExpectError(ErrorCode::kIo, path.string() + " changed while it was used", [&] { file.CheckUnchanged(); });
    ExpectError(ErrorCode::kIo, "rename", [&] { file.CheckUnchanged(); });
  };
  expect_found([](const fs::path& path) { WriteInto(path, "y"); });
  expect_found([](const fs::path& path) { fs::resize_file(path, 5000); });
  expect_found([](const fs::path& path) { fs::resize_file(path, 20000); });
  expect_found([](const fs::path& path) { std::ofstream(path) << "short"; });
}

TEST_F(WholeFiles, WhatCannotBeReadIsNamed) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const auto refused = [](const fs::path& path, const std::string& cause) {
    for (size_t most_read : {kMapAll, WholeFile::kMostRead}) {
      ExpectError(ErrorCode::kIo, path.string(), [&] { WholeFile file(path, most_read); });
      ExpectError(ErrorCode::kIo, cause, [&] { WholeFile file(path, most_read); });
    }
    ExpectError(ErrorCode::kIo, cause, [&] { BeginsWithBrace(path); });
  };
  refused(folder_ / "missing", "Check the path");
  refused(folder_ / ".", "Is a directory");
  refused("/dev/null", "not a regular file");
  refused(pipe, "not a regular file");  // and nobody waits for a writer
  refused("", "No such file");
}

TEST_F(WholeFiles, ReleasedPagesReadAgain) {
  std::string text(100000, 'x');
  for (size_t i = 0; i < text.size(); i++) text[i] = static_cast<char>('a' + i % 23);
  const WholeFile file(Put("a", text), kMapAll);
  EXPECT_EQ(Text(file.bytes()), text);
  ReleasePages(file.bytes().subspan(5, 70000));
  ReleasePages(file.bytes().subspan(5, 10));
  ReleasePages(file.bytes().subspan(0, 0));
  EXPECT_EQ(Text(file.bytes()), text);
}

TEST_F(WholeFiles, AnAddressTellsTheMappedFile) {
  const fs::path a = Put("a", "first"), b = Put("b", "second");
  const WholeFile read(a);
  EXPECT_EQ(MappedPathAt(read.bytes().data()), nullptr);
  const uint8_t* gone = nullptr;
  {
    const WholeFile first(a, kMapAll), second(b, kMapAll);
    gone = first.bytes().data();
    EXPECT_EQ(MappedPathAt(first.bytes().data() + 4), a.string());
    EXPECT_EQ(MappedPathAt(first.bytes().data() + 5), nullptr);
    EXPECT_EQ(MappedPathAt(second.bytes().data()), b.string());
  }
  EXPECT_EQ(MappedPathAt(gone), nullptr);
  for (int round = 0; round < 2; round++) {  // more than are known of
    std::array<std::unique_ptr<WholeFile>, 70> many;
    for (auto& one : many) one = std::make_unique<WholeFile>(a, kMapAll);
    EXPECT_EQ(MappedPathAt(many.front()->bytes().data()), a.string());
    EXPECT_EQ(MappedPathAt(many.back()->bytes().data()), nullptr);
  }
}

TEST_F(WholeFiles, TheFirstBytesTellASafetensorsFile) {
  EXPECT_TRUE(BeginsWithBrace(Put("a", "12345678{")));
  EXPECT_FALSE(BeginsWithBrace(Put("a", "12345678")));
  EXPECT_FALSE(BeginsWithBrace(Put("a", "12345678[]")));
}

}  // namespace
}  // namespace fcn
