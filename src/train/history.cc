#include "train/history.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>

#include "base/file_error.h"
#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/text.h"
#include "train/json_number.h"

namespace fcn {
namespace {

constexpr size_t kMostLogBytes = size_t{1} << 28;

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json ToJson(const TrainingEntry& entry) {
  ordered_json line = {{"mode", "train"},
                       {"iteration", entry.iteration},
                       {"epoch", ExactNumber(entry.epoch)},
                       {"loss", ExactNumber(entry.loss)}};
  for (const auto& [head, loss] : entry.head_losses) line["losses"][head] = ExactNumber(loss);
  line["lr"] = ExactNumber(entry.rate);
  return line;
}

ordered_json ToJson(const HeadEntry& head) {
  ordered_json classes = ordered_json::array();
  for (const double iu : head.class_iu) classes.push_back(ExactNumber(iu));
  return {{"pixel_accuracy", ExactNumber(head.pixel_accuracy)},
          {"mean_accuracy", ExactNumber(head.mean_accuracy)},
          {"mean_iu", ExactNumber(head.mean_iu)},
          {"fw_iu", ExactNumber(head.fw_iu)},
          {"class_iu", std::move(classes)}};
}

ordered_json ToJson(const ValidationEntry& entry) {
  ordered_json line = {{"mode", "val"}, {"iteration", entry.iteration}};
  if (entry.heads.size() == 1) {
    line.update(ToJson(entry.heads[0]));
    return line;
  }
  line["mean_iu"] = ExactNumber(entry.mean_iu());
  for (const HeadEntry& head : entry.heads) line["heads"][head.name] = ToJson(head);
  return line;
}

[[noreturn]] void Fail(const char* what, const ordered_json& line) {
  throw ordered_json::other_error::create(501, what, &line);
}

/// More members than a line of the most heads has. Objects that keep their order look through all for each new one.
constexpr int kMostMembers = 256;

ordered_json ParseLine(std::string_view text) {
  int members = 0;
  return ordered_json::parse(text, [&members](int, ordered_json::parse_event_t event, ordered_json& value) {
    if (event == ordered_json::parse_event_t::key && ++members > kMostMembers) Fail("it has too many members", value);
    return true;
  });
}

/// The members of an object, in their order.
const ordered_json& Object(const ordered_json& line, const char* key) {
  const ordered_json& object = line.at(key);
  if (!object.is_object() || object.empty()) Fail("an object lacks its members", line);
  return object;
}

HeadEntry ParseHead(const std::string& name, const ordered_json& scores) {
  HeadEntry head{.name = name,
                 .pixel_accuracy = ReadExactNumber(scores.at("pixel_accuracy")),
                 .mean_accuracy = ReadExactNumber(scores.at("mean_accuracy")),
                 .mean_iu = ReadExactNumber(scores.at("mean_iu")),
                 .fw_iu = ReadExactNumber(scores.at("fw_iu"))};
  const ordered_json& classes = scores.at("class_iu");
  if (!classes.is_array()) Fail("class_iu is no list", scores);
  for (const ordered_json& iu : classes) head.class_iu.push_back(ReadExactNumber(iu));
  return head;
}

HistoryEntry ParseEntry(const ordered_json& line) {
  if (line.at("mode") == "train") {
    TrainingEntry entry{.iteration = ReadCount(line.at("iteration")),
                        .epoch = ReadExactNumber(line.at("epoch")),
                        .loss = ReadExactNumber(line.at("loss")),
                        .rate = ReadExactNumber(line.at("lr"))};
    if (line.contains("losses"))
      for (const auto& [head, loss] : Object(line, "losses").items())
        entry.head_losses.emplace_back(head, ReadExactNumber(loss));
    return entry;
  }
  if (line.at("mode") != "val") Fail("the mode is neither train nor val", line);
  ValidationEntry entry{.iteration = ReadCount(line.at("iteration"))};
  if (line.contains("heads"))
    for (const auto& [head, scores] : Object(line, "heads").items()) entry.heads.push_back(ParseHead(head, scores));
  else
    entry.heads.push_back(ParseHead("", line));
  return entry;
}

}  // namespace

double ValidationEntry::mean_iu() const {
  double sum = 0, count = 0;
  for (const HeadEntry& head : heads)
    if (!std::isnan(head.mean_iu)) sum += head.mean_iu, count++;
  return sum / count;
}

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
      history.push_back(ParseEntry(ParseLine(text.substr(0, end))));
    } catch (const json::exception& error) {
      throw Error(ErrorCode::kInput, fmt::format("{}, line {} of the history: {}", where, line, Quoted(error.what())),
                  GetAgain("checkpoint of fcn train"));
    }
    text.remove_prefix(end + 1);
  }
  return history;
}

History ReadHistory(const std::filesystem::path& log) {
  const std::vector<uint8_t> bytes = ReadFile(log, kMostLogBytes);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  text = text.substr(0, text.rfind('\n') + 1);  // npos + 1 is 0
  return ParseHistory(text, log.string());
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
