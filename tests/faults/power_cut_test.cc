// The power goes, or the process is killed, at every moment of a command that writes files: every event of an
// undisturbed run is a moment, and for each the disk is put into every state that it may then show (disk.h). Old or new
// files are there, whole, never an empty one; once a training has gone on after its first checkpoint, it has one; and
// the command typed again ends with the bytes of a run that nobody disturbed. States that are the same are tried once.
//
// What was found so: the names of new folders were not synced, so that whole runs were lost; a lock of zeros, as some
// file systems leave it, kept a training from being resumed.
//
// Real kills show that the states of kills are what kills leave; tools/kill-trainings.sh has many more of them.
#include <signal.h>

#include <cstdio>
#include <set>
#include <utility>

#include "faults/fixture.h"

namespace fcn::test {
namespace {

constexpr char kCheckpoint[] = "run/latest.checkpoint";

class PowerCuts : public FaultTest {
 protected:
  void CutEverywhere(Scenario scenario) {
    ASSERT_NO_FATAL_FAILURE(Record(scenario));
    const std::vector<std::vector<uint8_t>> bytes = BytesOf(scenario);
    Disk disk(scenario.before, Snapshots());
    std::set<uint64_t> tried;
    size_t events = 0, is_saved_at = 0;
    bool is_as_before = false;
    for (Call call : scenario.calls) {
      if (!IsOnDisk(call) || !Changes(call)) continue;
      // Nobody sees what is written into a file without a name, or under a temporary one.
      const bool is_unseen = call.kind == "write" && (call.path.ends_with("#") || call.path.ends_with(".part"));
      if (std::exchange(is_as_before, is_unseen)) {
        disk.Make(call);
        events++;
        continue;
      }
      // What follows is done in the belief that the checkpoint is safe.
      const bool goes_on = call.kind != "sync-folder";
      if (is_saved_at == 0 && goes_on && disk.Names().contains(kCheckpoint)) is_saved_at = events;
      const std::pair<const char*, Tree> views[] = {
          {"what is durable", disk.Durable()},
          {"names, and bytes that are durable", disk.Names()},
          {"names and sizes, and bytes that are durable", disk.NamesAndSizes()},
          {"all, as a kill leaves it", disk.Now(bytes)}};
      for (const auto& [view, tree] : views) {
        SCOPED_TRACE(scenario.name + ": before event " + std::to_string(events) + ", " + call.kind + " of " +
                     call.path + ": " + view);
        // A file under a temporary name is nobody's: what is in it does not matter.
        Tree state = tree;
        for (auto& [name, unknown] : state)
          if (name.ends_with(".part")) unknown.clear();
        EXPECT_TRUE(is_saved_at == 0 || tree.contains(kCheckpoint)) << "no checkpoint is left";
        if (!tried.insert(HashOf(state)).second) continue;
        EXPECT_EQ(Broken(scenario, tree), "");
        WriteTree(folder_ / "work", WithProcess(tree));
        EXPECT_EQ(AfterAnother(scenario), "");
      }
      disk.Make(call);
      events++;
    }
    Tree durable = disk.Durable();
    durable.erase("run/lock");                       // a lock without a process is none
    if (scenario.after.contains("run/log.jsonl")) {  // its lines are in the checkpoint
      durable["run/log.jsonl"] = scenario.after.at("run/log.jsonl");
      EXPECT_GT(is_saved_at, 0u);
    }
    EXPECT_EQ(Differences(scenario.after, durable), "") << scenario.name << ": was reported as done";
    std::printf("%s: %zu events, %zu states of the disk\n", scenario.name.c_str(), events, tried.size());
  }

  /// Kills it at the first, the middle and the last of each kind of event, and compares with what the disk would have.
  void KillForReal(Scenario scenario) {
    ASSERT_NO_FATAL_FAILURE(Record(scenario));
    const std::vector<std::vector<uint8_t>> bytes = BytesOf(scenario);
    std::map<std::string, int> counts;
    for (Call call : scenario.calls)
      if (IsOnDisk(call) && Changes(call)) counts[call.kind]++;
    int kills = 0;
    for (const auto& [kind, count] : counts) {
      for (const int n : std::set<int>{1, (count + 1) / 2, count}) {
        SCOPED_TRACE(scenario.name + ": killed at " + kind + " " + std::to_string(n));
        EXPECT_EQ(Run(scenario, kind + " " + std::to_string(n) + " kill *").exit_code, 128 + SIGKILL);
        Disk disk(scenario.before, Snapshots());
        int seen = 0;
        for (Call call : scenario.calls)
          if (const bool is_on_disk = IsOnDisk(call); is_on_disk && call.kind == kind && ++seen == n)
            break;
          else if (is_on_disk)
            disk.Make(call);
        Tree wanted = disk.Now(bytes), found = WithoutProcess(Work());
        for (Tree* tree : {&wanted, &found})
          if (const auto lock = tree->find("run/lock"); lock != tree->end()) lock->second.clear();
        EXPECT_EQ(Differences(wanted, found), "");
        EXPECT_EQ(AfterAnother(scenario), "");
        kills++;
      }
    }
    std::printf("%s: %d kills\n", scenario.name.c_str(), kills);
  }

 private:
  static bool Changes(const Call& call) {
    return call.error == 0 && call.kind != "read" && call.kind != "read-folder" && call.kind != "open-read" &&
           call.kind != "open-folder" && call.kind != "lock" && call.kind != "map" && call.kind != "stat";
  }

  std::vector<std::vector<uint8_t>> BytesOf(const Scenario& scenario) const {
    Disk disk(scenario.before, Snapshots());
    for (Call call : scenario.calls)
      if (IsOnDisk(call)) disk.Make(call);
    return disk.LastBytes(scenario.after);
  }

  /// Puts a number in the place of PID in temporary names, of a process that is no more.
  static Tree WithProcess(const Tree& tree) {
    Tree numbered;
    for (const auto& [name, bytes] : tree) {
      const size_t id = name.rfind(".PID.");
      numbered[id == name.npos ? name : name.substr(0, id) + ".4194305." + name.substr(id + 5)] = bytes;
    }
    return numbered;
  }

  /// And the other way.
  static Tree WithoutProcess(const Tree& work) {
    Tree tree;
    for (const auto& [name, bytes] : work) {
      const size_t part = name.rfind(".part"), dot = part == name.npos ? part : name.rfind('.', part - 1);
      tree[dot == name.npos ? name : name.substr(0, dot) + ".PID.part"] = bytes;
    }
    return tree;
  }
};

TEST_F(PowerCuts, Train) { CutEverywhere(Train()); }
TEST_F(PowerCuts, ResumedTraining) { CutEverywhere(ResumedTraining()); }
TEST_F(PowerCuts, Segment) {
  CutEverywhere(SegmentedPicture());
  CutEverywhere(SegmentedFolder());
}
TEST_F(PowerCuts, Import) { CutEverywhere(Import()); }
TEST_F(PowerCuts, Report) { CutEverywhere(Report()); }
TEST_F(PowerCuts, Generate) { CutEverywhere(Generate()); }

TEST_F(PowerCuts, KillsLeaveWhatTheDiskShows) {
  for (const Scenario& scenario : {Train(), Import(), Report()}) KillForReal(scenario);
}

}  // namespace
}  // namespace fcn::test
