// Every call on a file, and every start of a thread, fails once, in every verb that reads or writes files: the program
// says what and what to do, ends, and leaves whole files, old or new. A training goes on to the bytes of an undisturbed
// one. Where the program can go on (fewer threads, a file with a name where it can have none), its results are the
// same.
//
// Of many writes into one file, or entries of one folder, the first three, the last and every 64th fail: what is done
// about them is the same. FCN_FAULTS_ALL=1 in the environment takes them all.
//
// What was found so: a training whose disk was full when it had a new best model never wrote that model after it was
// resumed; dataset stats left out files that it could not read, without a word; a lock that cannot be read was called
// somebody else's, and one that cannot be asked about was tried for ever; a file's reader that cannot start a thread
// called it a bug; a picture that could not be read while the data's fingerprint was taken gave a checkpoint that could
// not be resumed; a HEIC whose decoder's thread was refused after the ones that were tried before hung, and an AVIF's
// was called a damaged file.
#include <cstdio>
#include <set>

#include "faults/fixture.h"

namespace fcn::test {
namespace {

using testing::HasSubstr;

/// What a call may fail with in practice.
std::vector<int> ErrorsOf(const std::string& kind) {
  if (kind == "open-write") return {ENOSPC, EACCES, EMFILE};
  if (kind == "open-read") return {EACCES, EMFILE};
  if (kind == "open-folder") return {EMFILE};
  if (kind == "write") return {ENOSPC};
  if (kind == "rename") return {EIO, ENOSPC};
  if (kind == "link") return {ENOSPC, EXDEV, ENOENT};
  if (kind == "mkdir") return {ENOSPC, EACCES};
  if (kind == "unlink" || kind == "rmdir") return {EACCES};
  if (kind == "lock") return {ENOLCK};
  if (kind == "map") return {ENOMEM, ENODEV};
  if (kind == "thread") return {EAGAIN};
  if (kind == "stat") return {};  // whether something is there: base/folder.h takes an error for a no
  return {EIO};                   // read, read-folder, truncate, sync, sync-folder
}

struct Point {
  std::string kind, nth, path;
  int error = 0;
  std::string At() const { return kind + " " + nth + " " + std::to_string(error) + " " + path; }
};

bool IsTaken(const std::string& kind, int n, int count) {
  static const bool kAll = std::getenv("FCN_FAULTS_ALL") != nullptr;
  return kAll || kind == "thread" || n <= 3 || n == count || n % 64 == 0;
}

/// fcn info plans for the threads that it gets, as a run would: with fewer, less memory.
std::string WithoutPlannedMemory(std::string text) {
  const size_t begin = text.find("planned memory: ");
  if (begin != text.npos) text.erase(begin, text.find('\n', begin) - begin);
  return text;
}

class Faults : public FaultTest {
 protected:
  void FailEverything(Scenario scenario) {
    ASSERT_NO_FATAL_FAILURE(Record(scenario));
    std::map<std::pair<std::string, std::string>, int> counts;
    for (const Call& call : scenario.calls) counts[{call.kind, call.path}]++;
    std::map<std::string, int> taken;
    int left_out = 0, ended = 0;
    for (const auto& [call, count] : counts) {
      const auto& [kind, path] = call;
      for (const int error : ErrorsOf(kind)) {
        for (int n = 1; n <= count; n++) {
          if (!IsTaken(kind, n, count)) {
            left_out++;
            continue;
          }
          taken[kind]++;
          ended += Fail(scenario, {kind, std::to_string(n), path, error});
        }
        // The disk stays full, the limit reached.
        taken[kind]++;
        ended += Fail(scenario, {kind, "1+", path, error});
      }
    }
    std::printf("%s:", scenario.name.c_str());
    int all = 0;
    for (const auto& [kind, number] : taken) std::printf(" %d %s,", number, kind.c_str()), all += number;
    std::printf(" %d points in all, %d ended it; %d further writes and entries were left out\n", all, ended, left_out);
  }

  /// libheif 1.15 loses what it made for a thread whose start fails: one allocation of its own.
  static bool IsLeakOfLibheif(const Point& point, const std::string& said) {
    return point.kind == "thread" && said.find("libheif.so") != said.npos &&
           said.find("leaked in 1 allocation(s)") != said.npos;
  }

  /// Whether the program ended with an error.
  bool Fail(const Scenario& scenario, const Point& point) {
    SCOPED_TRACE(scenario.name + ": " + point.At());
    const ProgramResult result = Run(scenario, point.At());
    const Tree work = Work();
    EXPECT_THAT(result.exit_code, testing::AnyOf(0, 1, 2)) << result.err;
    EXPECT_THAT(result.err, testing::Not(HasSubstr("bug in fcn")));
    const std::string said = result.err + result.out;  // a verb that lists what it found says it on standard output
    EXPECT_TRUE(IsLeakOfLibheif(point, said) ||
                (said.find("Sanitizer") == said.npos && said.find("runtime error") == said.npos))
        << said;
    // What cannot be removed, or not be told to be ours, stays.
    const bool may_stay = point.kind == "unlink" || point.kind == "rmdir" || point.kind == "stat";
    for (const auto& [name, bytes] : work)
      EXPECT_TRUE(may_stay || !(name.ends_with(".part") || name.ends_with("/lock"))) << name << " was left behind";
    if (result.exit_code == 0) {
      Tree wanted = scenario.after;
      if (may_stay && work.contains("run/lock")) wanted["run/lock"] = work.at("run/lock");
      EXPECT_EQ(Differences(wanted, work), "") << result.err;
      const auto results = [&](const std::string& out) {
        return point.kind == "thread" ? WithoutPlannedMemory(out) : out;
      };
      EXPECT_TRUE(!scenario.prints_results || results(result.out) == results(scenario.out))
          << result.out << "\nin place of\n"
          << scenario.out;
      return false;
    }
    EXPECT_EQ(Broken(scenario, work), "") << result.err;
    EXPECT_THAT(said, HasSubstr("\n  ")) << "says no remedy";
    EXPECT_TRUE(point.kind == "thread" || said.find(folder_.string()) != said.npos) << "names no file: " << said;
    if (tried_.insert(HashOf(work) ^ std::hash<std::string>()(scenario.name)).second) {
      EXPECT_EQ(AfterAnother(scenario), "") << "after: " << result.err;
    }
    return true;
  }

  /// Nothing fails, but reads and writes do less than they were asked to, or are to be made once more.
  void Disturb(Scenario scenario) {
    ASSERT_NO_FATAL_FAILURE(Record(scenario));
    for (const std::string& kind : {std::string("read"), std::string("write")})
      for (const std::string& how : {"1/2 " + std::to_string(EINTR), std::string("1+ short")}) {
        const std::string at = kind + " " + how + " *";
        const ProgramResult result = Run(scenario, at);
        EXPECT_EQ(result.exit_code, 0) << scenario.name << ": " << at << ": " << result.err;
        EXPECT_EQ(Differences(scenario.after, Work()), "") << scenario.name << ": " << at;
      }
  }

 private:
  std::set<uint64_t> tried_;  // what a command was begun again on
};

TEST_F(Faults, Train) { FailEverything(Train()); }
TEST_F(Faults, ResumedTraining) { FailEverything(ResumedTraining()); }
TEST_F(Faults, Segment) {
  FailEverything(SegmentedPicture());
  FailEverything(SegmentedFolder());
}
TEST_F(Faults, Import) { FailEverything(Import()); }
TEST_F(Faults, Report) { FailEverything(Report()); }
TEST_F(Faults, Generate) { FailEverything(Generate()); }
TEST_F(Faults, Readers) {
  for (const Scenario& reader : Readers()) FailEverything(reader);
}

TEST_F(Faults, ALockThatCannotBeAskedAboutEndsTheTraining) {
  Scenario train = Train();
  ASSERT_NO_FATAL_FAILURE(Record(train));
  EXPECT_TRUE(Fail(train, {"stat", "1+", "work/run/lock", EIO}));
}

TEST_F(Faults, AnEmptyLockWithoutLocksMayBeAnothers) {
  // Its owner has made it, and is about to write who it is.
  Scenario train = Train();
  ASSERT_NO_FATAL_FAILURE(Record(train));
  train.before["run/"];
  train.before["run/lock"];
  const ProgramResult result = Run(train, "lock 1+ " + std::to_string(ENOLCK) + " *");
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("another training writes into " + Path("work/run")));
  EXPECT_THAT(result.err, HasSubstr("If it was killed, remove " + Path("work/run/lock")));
  EXPECT_EQ(Differences(train.before, Work()), "");
}

TEST_F(Faults, AWriteThatWritesNothingIsNoneThatIsTriedForEver) {
  for (Scenario scenario : {Train(), SegmentedPicture(), Import(), Report()}) {
    ASSERT_NO_FATAL_FAILURE(Record(scenario));
    const ProgramResult result = Run(scenario, "write 1+ nothing *");
    EXPECT_EQ(result.exit_code, 1) << scenario.name << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr("Input/output error")) << scenario.name;
    EXPECT_EQ(Broken(scenario, Work()), "") << scenario.name;
  }
  Scenario train = Train();
  ASSERT_NO_FATAL_FAILURE(Record(train));
  const ProgramResult result = Run(train, "write 1+ nothing work/run/log.jsonl");
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("cannot add a line to " + Path("work/run/log.jsonl")));
}

TEST_F(Faults, CallsThatAreShortOrInterruptedChangeNothing) {
  for (const Scenario& scenario :
       {Train(), ResumedTraining(), SegmentedPicture(), SegmentedFolder(), Import(), Report(), Generate()})
    Disturb(scenario);
  for (const Scenario& reader : Readers()) Disturb(reader);
}

}  // namespace
}  // namespace fcn::test
