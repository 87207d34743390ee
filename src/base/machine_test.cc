#include "base/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace fcn {
namespace {

TEST(Machine, CgroupFoldersBeginAtTheRoot) {
  const std::vector<std::string> folders = CgroupFolders();
  EXPECT_EQ(folders.front(), "/sys/fs/cgroup");
  for (const std::string& folder : folders) EXPECT_THAT(folder, testing::Not(testing::EndsWith("/")));
}

TEST(Machine, HasNoMoreMemoryThanIsBuiltIn) {
  EXPECT_GT(MachineMemory(), int64_t{1} << 24);
  EXPECT_LE(MachineMemory(), int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE));
}

}  // namespace
}  // namespace fcn
