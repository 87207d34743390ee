#include "train/history.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/file_error.h"
#include "base/quoted.h"
#include "base/remedies.h"
#include "fcn/error.h"
#include "train/json_number.h"

namespace fcn {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json ToJson(const TrainingEntry& entry) {
  return {{"mode", "train"},
          {"iteration", entry.iteration},
          {"epoch", ExactNumber(entry.epoch)},
          {"loss", ExactNumber(entry.loss)},
          {"lr", ExactNumber(entry.rate)}};
}

ordered_json ToJson(const ValidationEntry& entry) {
  ordered_json classes = ordered_json::array();
  for (const double iu : entry.class_iu) classes.push_back(ExactNumber(iu));
  return {{"mode", "val"},
          {"iteration", entry.iteration},
          {"pixel_accuracy", ExactNumber(entry.pixel_accuracy)},
          {"mean_accuracy", ExactNumber(entry.mean_accuracy)},
          {"mean_iu", ExactNumber(entry.mean_iu)},
          {"fw_iu", ExactNumber(entry.fw_iu)},
          {"class_iu", std::move(classes)}};
}

HistoryEntry ParseEntry(const json& line) {
  if (line.at("mode") == "train")
    return TrainingEntry{.iteration = ReadCount(line.at("iteration")),
                         .epoch = ReadExactNumber(line.at("epoch")),
                         .loss = ReadExactNumber(line.at("loss")),
                         .rate = ReadExactNumber(line.at("lr"))};
  if (line.at("mode") != "val") throw json::other_error::create(501, "the mode is neither train nor val", &line);
  ValidationEntry entry{.iteration = ReadCount(line.at("iteration")),
                        .pixel_accuracy = ReadExactNumber(line.at("pixel_accuracy")),
                        .mean_accuracy = ReadExactNumber(line.at("mean_accuracy")),
                        .mean_iu = ReadExactNumber(line.at("mean_iu")),
                        .fw_iu = ReadExactNumber(line.at("fw_iu")),
                        .class_iu = {}};
  const json& classes = line.at("class_iu");
  if (!classes.is_array()) throw json::other_error::create(501, "class_iu is no list", &line);
  for (const json& iu : classes) entry.class_iu.push_back(ReadExactNumber(iu));
  return entry;
}

}  // namespace

int64_t IterationOf(const HistoryEntry& entry) {
  return std::visit([](const auto& one) { return one.iteration; }, entry);
}

std::string ToJsonLine(const HistoryEntry& entry) {
  return std::visit([](const auto& one) { return ToJson(one).dump(); }, entry);
}

std::string PrintHistory(const History& history) {
  std::string text;
  for (const HistoryEntry& entry : history) text += ToJsonLine(entry) + '\n';
  return text;
}

History ParseHistory(std::string_view text, const std::string& where) {
  History history;
  for (int64_t line = 1; !text.empty(); line++) {
    const size_t end = text.find('\n');
    try {
      if (end == text.npos) throw json::other_error::create(501, "the line has no end", nullptr);
      history.push_back(ParseEntry(json::parse(text.substr(0, end))));
    } catch (const json::exception& error) {
      throw Error(ErrorCode::kInput, fmt::format("{}, line {} of the history: {}", where, line, Quoted(error.what())),
                  GetAgain("checkpoint of fcn train"));
    }
    text.remove_prefix(end + 1);
  }
  return history;
}

HistoryLog::HistoryLog(const std::filesystem::path& path, const History& so_far) : path_(path) {
  WriteFile(path, PrintHistory(so_far));
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor_ < 0) ThrowFileError("write", path, errno);
}

HistoryLog::~HistoryLog() { ::close(descriptor_); }

void HistoryLog::Append(const HistoryEntry& entry) {
  const std::string line = ToJsonLine(entry) + '\n';
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  for (size_t have = 0; have < line.size();) {
    const ssize_t wrote = ::write(descriptor_, line.data() + have, line.size() - have);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      const int cause = wrote == 0 ? EIO : errno;
      [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, before);
      ThrowFileError("add a line to", path_, cause);
    }
    have += static_cast<size_t>(wrote);
  }
}

}  // namespace fcn
