#include "base/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/cgroup.h"
#include "support/folder_test.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

constexpr int64_t kMB = 1 << 20;

/// A machine made of files: 8 GB, of which 6 are available, and no other limit until a test adds one.
class Machine : public test::FolderTest {
 protected:
  void SetUp() override {
    Put("proc/meminfo",
        "MemTotal:        8388608 kB\nMemFree:         1048576 kB\nMemAvailable:    6291456 kB\n"
        "Cached:          3145728 kB\nSwapFree:       67108864 kB\nCommitLimit:     4194304 kB\n"
        "Committed_AS:    3145728 kB\n");
    Put("proc/sys/vm/overcommit_memory", "0\n");
    Put("proc/self/status", "Name:\tfcn\nVmPeak:\t 9999999 kB\nVmSize:\t  204800 kB\nVmData:\t  102400 kB\n");
    Limits("unlimited", "unlimited");
  }

  void Limits(const std::string& data, const std::string& space) const {
    Put("proc/self/limits",
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max data size             " +
            data +
            "            unlimited            bytes     \n"
            "Max address space         " +
            space + "            unlimited            bytes     \n");
  }
  /// This process's groups, and what is mounted where: the group at the mount point, the point, type and options.
  void Cgroup(const std::string& groups, const std::string& mounts) const {
    Put("proc/self/cgroup", groups);
    Put("proc/self/mountinfo", "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n" + mounts);
  }
  void Version2(const std::string& group, const std::string& shown = "/") const {
    Cgroup("0::" + group + "\n",
           "31 22 0:28 " + shown + " /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  }
  void Version1(const std::string& group, const std::string& shown = "/") const {
    Cgroup("9:cpu,cpuacct:/other\n4:memory:" + group + "\n1:name=systemd:/x\n",
           "35 31 0:32 " + shown + " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
               "36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n");
  }
  MemoryBound Tightest() const { return TightestMemoryBound(folder_ / ""); }
};

TEST_F(Machine, HasWhatTheKernelCallsAvailableAndNoSwap) {
  const MemoryBound bound = Tightest();
  EXPECT_EQ(bound.of, "this machine");
  EXPECT_EQ(bound.limit, 8192 * kMB);
  EXPECT_EQ(bound.available, 6144 * kMB);
}

TEST_F(Machine, OfAnOldKernelHasItsFreeAndCachedPages) {
  Put("proc/meminfo", "MemTotal:        8388608 kB\nMemFree:         1048576 kB\nCached:          3145728 kB\n");
  EXPECT_EQ(Tightest().available, 4096 * kMB);
}

TEST_F(Machine, WithoutFilesHasWhatIsBuiltIn) {
  const MemoryBound bound = TightestMemoryBound(folder_ / "nothing");
  EXPECT_EQ(bound.limit, int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE));
  EXPECT_EQ(bound.available, bound.limit);
}

TEST_F(Machine, CgroupsOfVersion2LimitOnEveryLevel) {
  Version2("/user.slice/job");
  Put("sys/fs/cgroup/user.slice/job/memory.max", "max\n");
  Put("sys/fs/cgroup/user.slice/job/memory.current", "104857600\n");
  EXPECT_EQ(Tightest().of, "this machine");
  Put("sys/fs/cgroup/user.slice/memory.max", "1048576000\n");
  Put("sys/fs/cgroup/user.slice/memory.current", "524288000\n");
  EXPECT_EQ(Tightest().of, "the cgroup");
  EXPECT_EQ(Tightest().limit, 1000 * kMB);
  EXPECT_EQ(Tightest().available, 500 * kMB);
  Put("sys/fs/cgroup/user.slice/memory.stat", "anon 1\ninactive_file 104857600\nactive_file 52428800\n");
  EXPECT_EQ(Tightest().available, 650 * kMB) << "pages of files can be dropped";
  Put("sys/fs/cgroup/user.slice/job/memory.high", "314572800\n");
  EXPECT_EQ(Tightest().available, 200 * kMB);
}

TEST_F(Machine, CgroupsOfVersion1LimitOnEveryLevel) {
  Version1("/docker/box");
  for (const char* level : {"", "docker/", "docker/box/"}) {
    const std::string folder = std::string("sys/fs/cgroup/memory/") + level;
    Put(folder + "memory.limit_in_bytes", "9223372036854771712\n");  // none
    Put(folder + "memory.usage_in_bytes", "314572800\n");
  }
  EXPECT_EQ(Tightest().of, "this machine");
  Put("sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "419430400\n");
  EXPECT_EQ(Tightest().available, 100 * kMB);
  Put("sys/fs/cgroup/memory/docker/memory.stat", "inactive_file 1\ntotal_inactive_file 209715200\n");
  EXPECT_EQ(Tightest().available, 300 * kMB);
  Put("sys/fs/cgroup/memory/docker/box/memory.limit_in_bytes", "100\n");
  EXPECT_EQ(Tightest().available, 0) << "more is in use than is allowed";
}

TEST_F(Machine, BothVersionsCountWhereBothAreMounted) {
  Cgroup("4:memory:/job\n0::/job\n",
         "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
         "36 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  Put("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "524288000");
  Put("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "0");
  EXPECT_EQ(Tightest().available, 500 * kMB);
  Put("sys/fs/cgroup/unified/job/memory.max", "104857600");
  Put("sys/fs/cgroup/unified/job/memory.current", "0");
  EXPECT_EQ(Tightest().available, 100 * kMB);
}

TEST_F(Machine, InAContainerTheLimitIsAtTheMountsRoot) {
  const auto expect = [&](const std::string& what) { EXPECT_EQ(Tightest().available, 100 * kMB) << what; };
  Put("sys/fs/cgroup/memory.max", "104857600");
  Put("sys/fs/cgroup/memory.current", "0");
  Version2("/");
  expect("a namespace of cgroups");
  Version2("/docker/box", "/docker/box");
  expect("none, and the container's group mounted");
  Version2("/../other");
  expect("a group outside of the namespace");
  Put("sys/fs/cgroup/memory.max", "max");
  Put("sys/fs/cgroup/memory/memory.limit_in_bytes", "104857600");
  Put("sys/fs/cgroup/memory/memory.usage_in_bytes", "0");
  Version1("/docker/box", "/docker/box");
  expect("version 1");
}

TEST_F(Machine, LimitsOfTheProcessCountWhatItHasAlready) {
  Limits("unlimited", "524288000");
  EXPECT_EQ(Tightest().of, "ulimit -v");
  EXPECT_EQ(Tightest().available, 300 * kMB);
  Limits("209715200", "524288000");
  EXPECT_EQ(Tightest().of, "ulimit -d");
  EXPECT_EQ(Tightest().available, 100 * kMB);
}

TEST_F(Machine, TheCommitLimitCountsWhereNothingIsOvercommitted) {
  Put("proc/sys/vm/overcommit_memory", "2\n");
  EXPECT_EQ(Tightest().of, "the commit limit");
  EXPECT_EQ(Tightest().available, 1024 * kMB);
}

TEST_F(Machine, NumbersThatCannotBeAreNoLimits) {
  Version2("/job");
  for (const char* number : {"99999999999999999999999", "-1", "", "max", "?", "0"}) {
    Put("sys/fs/cgroup/job/memory.max", number);
    Put("sys/fs/cgroup/job/memory.current", "1");
    EXPECT_EQ(Tightest().of, "this machine") << number;
  }
  Put("sys/fs/cgroup/job/memory.max", "100");
  Put("sys/fs/cgroup/job/memory.current", "nonsense");
  EXPECT_EQ(Tightest().of, "this machine");
  Put("proc/meminfo", "MemTotal: 99999999999999999999 kB\nMemAvailable: 9223372036854775807 kB\n");
  EXPECT_GT(Tightest().available, 0);
  for (const char* broken : {"", "0", ":::", "4:memory", "0::", "\xff"}) {
    Put("proc/self/cgroup", broken);
    Put("proc/self/mountinfo", broken);
    Put("proc/self/limits", broken);
    EXPECT_GT(Tightest().limit, 0);
  }
}

TEST_F(Machine, MountPointsMayHaveSpaces) {
  Cgroup("0::/\n", "31 22 0:28 / /my\\040groups rw - cgroup2 cgroup2 rw\n");
  EXPECT_THAT(CgroupFolders("memory", folder_ / ""), ElementsAre(folder_ / "my groups"));
}

TEST(ThisMachine, HasNoMoreMemoryThanIsBuiltIn) {
  const MemoryBound bound = TightestMemoryBound();
  EXPECT_GT(bound.available, int64_t{1} << 24);
  for (const MemoryBound& one : MemoryBounds()) {
    EXPECT_LE(one.available, one.limit) << one.of;
    EXPECT_FALSE(one.remedy.empty()) << one.of;
  }
  EXPECT_LE(MemoryBounds().front().limit, int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE) + kMB);
}

}  // namespace
}  // namespace fcn
