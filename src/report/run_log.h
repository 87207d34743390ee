#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fcn {

/// The scores of one validation, from 0 to 1; NaN where there is none.
struct RunScores {
  double iteration = 0;
  double pixel_accuracy = 0, mean_accuracy = 0, mean_iu = 0, fw_iu = 0;
  std::vector<std::pair<std::string, double>> per_class;  ///< IU; NaN for a class that does not occur
};

/// What a training wrote about itself.
struct RunLog {
  std::vector<std::pair<double, double>> loss;  ///< over iterations
  std::vector<RunScores> validations;

  /// The validation with the highest mean IU, the first of equals; nullptr where there is none.
  const RunScores* best() const;
};

/// Reads lines of JSON: {"iteration": 10, "loss": 1.2, …} and {"iteration": 50, "validation": {"mean_iu": …,
/// "pixel_accuracy": …, "mean_accuracy": …, "fw_iu": …, "per_class": [{"name": …, "iu": …}, …]}}; other keys and other
/// objects are left out, null is NaN. A resumed run repeats the iterations since its checkpoint: what was logged before
/// about them is dropped. A last line that was cut short by a kill is left out; any other line that is no JSON object
/// is an Error(kInput) that names it. `name` is what messages call the log.
RunLog ParseRunLog(std::string_view text, const std::string& name);

/// ParseRunLog of a file. Throws Error(kIo) where it cannot be read.
RunLog ReadRunLog(const std::filesystem::path& path);

}  // namespace fcn
