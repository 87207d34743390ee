#pragma once

#include <functional>
#include <string>
#include <vector>

#include "faults/disk.h"
#include "support/program_fixture.h"

namespace fcn::test {

/// A command of the program, which writes below work/ alone.
struct Scenario {
  std::string name;
  std::vector<std::string> command;
  Tree before = {};  ///< of work/
  /// What to type after a kill or a power cut, to have what the command would have given: by default, the command.
  std::function<std::vector<std::string>()> again = {};
  bool prints_results = false;                          ///< the same ones each time, on standard output
  Tree after = {};                                      ///< of work/, when nothing fails
  std::string out = {};                                 ///< what was printed then
  std::vector<Call> calls = {};                         ///< that were made then
  std::map<std::string, std::vector<uint64_t>> seen{};  ///< hashes of what each file held when it was whole
};

/// Runs the program with the library of faults.
class FaultTest : public ProgramTest {
 protected:
  void SetUp() override;

  // One for each verb, with the smallest inputs. All have old files to replace, where they replace any.
  Scenario Train();
  Scenario ResumedTraining();
  Scenario SegmentedPicture();
  Scenario SegmentedFolder();
  Scenario Import();
  Scenario Report();
  Scenario Generate();
  std::vector<Scenario> Readers();  ///< verbs that write nothing

  /// Runs the command without a fault, and notes its calls and results.
  void Record(Scenario& scenario);
  /// Runs it with work/ as it was before. `at` is FCN_FAULTS_AT. More than a minute is a hang: 137 is its exit code.
  ProgramResult Run(const Scenario& scenario, const std::string& at);

  /// How a disk's view of work/ is no valid one of whole files, old or new; empty where it is.
  std::string Broken(const Scenario& scenario, const Tree& work) const;
  /// Types the command again, with work/ as it is, and says how the result differs from what was wanted.
  std::string AfterAnother(const Scenario& scenario);

  Tree Work() const { return ReadTree(folder_ / "work"); }
  /// A call as a disk sees it that has work/ alone; false where it is not on work/.
  static bool IsOnDisk(Call& call);
  std::filesystem::path Snapshots() const { return base_ / "snapshots"; }

 private:
  std::string TrainingData();
  std::vector<std::string> TrainCommand();
  ProgramResult RunAsItIs(const std::vector<std::string>& command, const std::vector<std::string>& settings);

  std::filesystem::path base_;
};

}  // namespace fcn::test
