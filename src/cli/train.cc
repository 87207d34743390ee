#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>

#include "cli/memory.h"
#include "cli/print.h"
#include "cli/signals.h"
#include "cli/verbs.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/text.h"
#include "fcn/train.h"

namespace fcn::cli {
namespace {

struct TrainVerbOptions {
  std::string config, solver, resume;
  std::map<std::string, std::string> keys;  ///< of the configuration, as flags gave them
};

/// What signals ask of a training.
class TrainingSignals final : public SignalReceiver {
 public:
  void Stop() noexcept override {
    stop = true;
    SayInHandler("\nfcn: stopping with a checkpoint (INT or TERM once more: at once, without)\n");
  }
  void Save() noexcept override {
    checkpoint = true;
    SayInHandler("\nfcn: writing a checkpoint and going on\n");
  }

  std::atomic<bool> stop{false}, checkpoint{false};
};

std::string Duration(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  const auto whole = static_cast<int64_t>(std::floor(seconds + 0.5));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// One line that is drawn over again on a terminal; elsewhere a line now and then, so that a log file stays readable.
class TrainingDisplay final : public TrainingObserver {
 public:
  explicit TrainingDisplay(const std::atomic<bool>& stop) : stop_(stop) {}

  void OnStart(const std::string& description) override {
    line_.Clear();
    PrintLine(description);
  }

  void OnReading(const std::string& split, size_t done, size_t total) override {
    if (stop_)
      throw Error(ErrorCode::kCancelled, "the data was being read, and nothing was written",
                  "Run the same command again.");
    Draw("reading", split, done, total);
  }

  void OnChecking(const std::string& split, size_t done, size_t total) override {
    if (stop_)
      throw Error(ErrorCode::kCancelled, "the data was being checked, and nothing was written",
                  "Run the same command again; --check false leaves that check out.");
    Draw("checking", split, done, total);
  }

  void OnIteration(const TrainingProgress& p) override {
    const bool is_round =
        p.iteration == p.max_iterations || p.iteration % std::max<int64_t>(1, p.max_iterations / 20) == 0;
    if (!line_.is_terminal() && !is_round) return;
    constexpr int kWidth = 8;
    const auto filled = static_cast<int>(kWidth * p.iteration / p.max_iterations);
    std::string line = fmt::format("[{:#<{}}{:.<{}}] {}/{}  epoch {:.1f}  loss {:.3f}  rate {:.1e}", "", filled, "",
                                   kWidth - filled, p.iteration, p.max_iterations, p.epoch, p.loss, p.rate);
    if (std::isfinite(p.images_per_second)) line += fmt::format("  {:.1f} images/s", p.images_per_second);
    if (!std::isnan(p.best_mean_iu)) line += fmt::format("  best {:.3f}", p.best_mean_iu);
    line += fmt::format("  {} left", Duration(p.seconds_left));
    if (line_.is_terminal())
      line_.Draw(line);
    else
      PrintLine(line);
  }

  void OnValidating(size_t done, size_t total) override { line_.Draw(fmt::format("validating {}/{}", done, total)); }

  void OnValidation(const ValidationReport& report) override {
    line_.Clear();
    if (std::isnan(report.mean_iu)) {
      PrintLine(fmt::format("iteration {}: no score, since no pixel counts", report.iteration));
      return;
    }
    const char* best = report.is_best ? " (best)" : "";
    if (report.heads.size() > 1)
      PrintLine(fmt::format("iteration {}: mean IU {:.3f} of {} heads{}", report.iteration, report.mean_iu,
                            report.heads.size(), best));
    for (const auto& [name, classes, scores] : report.heads) {
      const std::string what = report.heads.size() > 1 ? "  " + name : fmt::format("iteration {}", report.iteration);
      PrintLine(fmt::format("{}: mean IU {:.3f}, pixel accuracy {:.3f}{}", what, scores.mean_iu, scores.pixel_accuracy,
                            report.heads.size() > 1 ? "" : best));
      PrintClasses(classes, scores);
    }
  }

  void OnNotice(const std::string& text) override {
    line_.Clear();
    PrintNote(text);
    notes_.push_back(text);
  }

  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void PrintClasses(const std::vector<std::string>& classes, const Scores& scores) {
    std::string line = " ";
    for (size_t c = 0; c < classes.size(); c++) {
      const double iu = scores.per_class[c].iu;
      line += " " + classes[c] + (std::isnan(iu) ? std::string(" absent") : fmt::format(" {:.2f}", iu));
      if (line.size() > 90 || c + 1 == classes.size()) {
        PrintLine(line);
        line = " ";
      }
    }
  }

  void Draw(const char* what, const std::string& split, size_t done, size_t total) {
    if (done == total || done % 16 == 0) line_.Draw(fmt::format("{} {} {}/{}", what, split, done, total));
  }

  const std::atomic<bool>& stop_;
  ProgressLine line_;
  std::vector<std::string> notes_;
};

/// The configuration of a checkpoint, with other values of free keys as flags give them. The run stays in its folder.
TrainConfig ResumedConfig(const std::string& checkpoint, const TrainVerbOptions& options) {
  TrainConfig config = CheckpointConfig(checkpoint);
  config.output = std::filesystem::path(checkpoint).parent_path().string();
  if (config.output.empty()) config.output = ".";
  const std::vector<ConfigKeyInfo> known = ConfigKeys();
  for (const auto& [key, text] : options.keys) {
    if (key == "output" || !std::ranges::find(known, key, &ConfigKeyInfo::name)->is_free)
      throw Error(ErrorCode::kUsage, fmt::format("{} cannot change in a training that is resumed", key),
                  "To train on from its weights with another configuration: --weights FILE instead of --resume.");
    SetConfigKey(config, key, text);
  }
  return config;
}

std::string CheckpointIn(const std::string& run) {
  if (!IsFolder(run)) return run;
  const RunFiles files(run);
  if (!Exists(files.latest) && Exists(files.log))
    throw Error(ErrorCode::kInput,
                fmt::format("{} has no {}: its training ended before the first checkpoint", run,
                            files.latest.filename().string()),
                fmt::format("Begin it again: fcn train --config {}", files.config.string()));
  return files.latest.string();
}

/// A default as a flag takes it; none where it is empty.
std::string ShownDefault(const ConfigKeyInfo& key) {
  std::string shown;
  for (const char c : key.default_value)
    if (c == ',')
      shown += key.name == "crop_size" ? 'x' : ',';
    else if (std::string_view("[]\" ").find(c) == std::string_view::npos)
      shown += c;
  return shown.empty() ? shown : " [" + shown + "]";
}

int RunTrain(const TrainVerbOptions& options, const CommonOptions& common) {
  const Runtime runtime = common.runtime();
  TrainingSignals requests;
  const ReceiveSignals signals(requests);
  TrainingDisplay display(requests.stop);
  std::unique_ptr<Trainer> trainer;
  TrainConfig config;
  if (!options.resume.empty()) {
    if (!options.config.empty() || !options.solver.empty())
      throw Error(ErrorCode::kUsage, "--resume has its configuration in the checkpoint; leave --config out",
                  "Leave --config out, or begin anew from the weights: --weights FILE instead of --resume.");
    const std::string checkpoint = CheckpointIn(options.resume);
    config = ResumedConfig(checkpoint, options);
    trainer = std::make_unique<Trainer>(config, checkpoint, runtime, display);
  } else {
    std::vector<std::string> notes;
    if (!options.solver.empty()) config = ReadCaffeSolverConfig(options.solver, notes);
    for (const std::string& note : notes) display.OnNotice(note);
    if (!options.config.empty()) config = ReadConfig(options.config, config);
    for (const auto& [key, text] : options.keys) SetConfigKey(config, key, text);
    trainer = std::make_unique<Trainer>(config, runtime, display);
  }
  const TrainingResult result = trainer->Run(requests.stop, &requests.checkpoint);

  const RunFiles files(config.output);
  nlohmann::ordered_json json = {{"end", TrainingEndName(result.end)},
                                 {"iterations", result.iterations},
                                 {"best_mean_iu", nullptr},
                                 {"best_iteration", result.best_iteration},
                                 {"peak_rss_mb", PeakResidentMegabytes()},
                                 {"output", config.output},
                                 {"notes", display.notes()}};
  std::string text = fmt::format("{} iterations, peak memory {:.0f} MB\n", result.iterations, PeakResidentMegabytes());
  if (!std::isnan(result.best_mean_iu)) {
    json["best_mean_iu"] = result.best_mean_iu;
    text += fmt::format("best mean IU {:.4f} at iteration {}: {}\n", result.best_mean_iu, result.best_iteration,
                        Exists(files.best) ? Shown(files.best) : "its model is not there any more");
  }
  if (const std::string signal = StoppingSignal(); result.end == TrainingEnd::kInterrupted && !signal.empty()) {
    json["signal"] = signal;
    text = fmt::format("stopped by {} with a checkpoint\n", signal) + text;
  }
  if (result.end == TrainingEnd::kInterrupted || result.end == TrainingEnd::kTimeUp)
    text += fmt::format("to go on: fcn train --resume {}\n", Shown(config.output));
  PrintResult(common, json, text);
  return result.end == TrainingEnd::kInterrupted ? SignalExitCode() : 0;
}

}  // namespace

void AddTrain(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<TrainVerbOptions>();
  CLI::App* verb = app.add_subcommand("train", "Train a network, pixels to pixels");
  verb->add_option("--config", options->config, "A TOML file with any of the keys below, as in lr = 0.01; flags win");
  verb->add_option("--solver", options->solver,
                   "A solver of Caffe's (.prototxt) whose recipe and net are taken; --config and flags win");
  verb->add_option("--resume", options->resume,
                   "Go on with a run (its folder or its checkpoint), as if it had never stopped");
  for (const ConfigKeyInfo& key : ConfigKeys()) {
    std::string flag = key.flag;
    if (key.name == "output") flag = "-o," + flag;
    if (key.name == "batch_size") flag = "-b," + flag;
    const auto take = [options, name = key.name](const std::string& text) { options->keys[name] = text; };
    const auto take_pixels = [take](int64_t pixels) { take(std::to_string(pixels)); };
    const bool is_pixels = std::string_view(key.name).ends_with("max_pixels");
    const std::string help = key.help + ShownDefault(key);
    CLI::Option* option = is_pixels       ? AddPixelsOption(*verb, flag, take_pixels, help)
                          : key.is_list   ? AddListOption(*verb, flag, key.form, take, help)
                          : key.is_switch ? AddSwitch(*verb, flag, take, help)
                                          : verb->add_option_function<std::string>(flag, take, help);
    if (!is_pixels) option->type_name(key.form);
    option->group(key.group);
  }
  verb->footer(
      "The output folder receives config.toml (all keys as they were used), log.jsonl (the course of the training),\n"
      "best.safetensors (the model of the best validation), model.safetensors (of the last iteration),\n"
      "metrics.json (the best scores, as fcn eval --json has them) and latest.checkpoint, from which --resume goes on\n"
      "bit for bit, with any number of threads. Ctrl-C, TERM, HUP and XCPU end it with a checkpoint; the exit code is\n"
      "then 128 and the signal's number. USR1 has a checkpoint written, and it goes on.");
  verb->final_callback([options, &common, &run] { run = [options, &common] { return RunTrain(*options, common); }; });
}

}  // namespace fcn::cli
