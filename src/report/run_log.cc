#include "report/run_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "fcn/error.h"

namespace fcn {
namespace {

using nlohmann::json;

constexpr size_t kMostBytes = size_t{1} << 28;

double Number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

RunScores ParseScores(const json& validation, double iteration) {
  RunScores scores{iteration,
                   Number(validation, "pixel_accuracy"),
                   Number(validation, "mean_accuracy"),
                   Number(validation, "mean_iu"),
                   Number(validation, "fw_iu"),
                   {}};
  const auto per_class = validation.find("per_class");
  if (per_class != validation.end() && per_class->is_array())
    for (const json& entry : *per_class)
      if (entry.is_object() && entry.contains("name") && entry["name"].is_string())
        scores.per_class.emplace_back(entry["name"].get<std::string>(), Number(entry, "iu"));
  return scores;
}

}  // namespace

const RunScores* RunLog::best() const {
  const RunScores* best = nullptr;
  for (const RunScores& scores : validations)
    if (!std::isnan(scores.mean_iu) && (best == nullptr || scores.mean_iu > best->mean_iu)) best = &scores;
  return best;
}

RunLog ParseRunLog(std::string_view text, const std::string& name) {
  RunLog log;
  for (size_t begin = 0, line_number = 1; begin < text.size(); line_number++) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const json object = json::parse(line, nullptr, false);
    if (!object.is_object()) {
      if (object.is_discarded() && end == text.size()) break;
      throw Error(ErrorCode::kInput, fmt::format("line {} of {} is no JSON object", line_number, name),
                  "A log has one object per line, as fcn train writes them.");
    }
    const double iteration = Number(object, "iteration");
    if (!std::isfinite(iteration)) continue;
    if (const double loss = Number(object, "loss"); object.contains("loss")) {
      while (!log.loss.empty() && log.loss.back().first >= iteration) log.loss.pop_back();
      log.loss.emplace_back(iteration, loss);
    }
    if (const auto validation = object.find("validation"); validation != object.end() && validation->is_object()) {
      while (!log.validations.empty() && log.validations.back().iteration >= iteration) log.validations.pop_back();
      log.validations.push_back(ParseScores(*validation, iteration));
    }
  }
  return log;
}

RunLog ReadRunLog(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = ReadFile(path, kMostBytes);
  return ParseRunLog({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

}  // namespace fcn
