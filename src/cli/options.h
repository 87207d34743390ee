#pragma once

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "fcn/error.h"
#include "fcn/network_form.h"
#include "fcn/option_text.h"
#include "fcn/runtime.h"

namespace fcn::cli {

/// What every verb understands.
struct CommonOptions {
  int threads = 0;
  std::string isa;
  bool no_winograd = false, no_image_window = false;
  bool json = false;
  int64_t memory_limit = 0;  ///< bytes; 0 for no limit
  double threshold = 0.5;
  std::map<std::string, double> head_thresholds;  ///< by the names of heads

  /// Throws Error(kUsage) for an instruction set that is not here.
  Runtime runtime() const {
    return Runtime({.threads = threads,
                    .isa = isa,
                    .winograd = !no_winograd,
                    .image_window = !no_image_window,
                    .max_memory = memory_limit});
  }
};

/// Adds -j/--threads, --isa, --no-winograd, --no-image-window and --json to a verb.
void AddCommonOptions(CLI::App& verb, CommonOptions& common);
/// Adds --max-memory, for verbs that run networks.
void AddMemoryOption(CLI::App& verb, CommonOptions& common);
/// What --shift-and-stitch does, for verbs that run a model.
inline constexpr const char* kShiftAndStitchHelp =
    "Run the network on f x f shifted copies of each picture, whose scores, f pixels apart, are interlaced, in place\n"
    "of upsampling them: takes about f x f times as long";

/// Adds --threshold, for verbs that make labels.
void AddThresholdOption(CLI::App& verb, CommonOptions& common);

/// Adds --phase, which says which layers of a net of Caffe's count: "train" or "test".
void AddCaffeOptions(CLI::App& verb, std::string& phase);

/// Adds --upsampling, --skip-scale and --fc-channels, the form of a network that is known by name.
void AddFormOptions(CLI::App& verb, NetworkForm& form);

/// A flag that takes a list, of which `text` receives all with commas between, however it was given: with commas, by
/// repeating the flag, or both. `form` says what the members are, as in "NAME,NAME". Where pictures may follow,
/// allow_extra_args(false) keeps it from taking several words at once.
CLI::Option* AddListOption(CLI::App& verb, const std::string& flag, const std::string& form,
                           std::function<void(const std::string& text)> take, const std::string& help);

/// A flag that is true where it is given alone, and may say so or otherwise: --flip, --flip true, --flip=false.
CLI::Option* AddSwitch(CLI::App& verb, const std::string& flag, std::function<void(const std::string& text)> take,
                       const std::string& help);

/// A flag that takes a number of pixels: 500K, 1M, 1000000, 0.
CLI::Option* AddPixelsOption(CLI::App& verb, const std::string& flag, std::function<void(int64_t pixels)> take,
                             const std::string& help);

/// What is wrong with a flag's value, with its name before and a hint behind, as an Error(kUsage).
template <typename Parse>
auto ParseFlag(const std::string& flag, const std::string& text, const char* hint, Parse parse) {
  try {
    return parse(text);
  } catch (const WrongValue& wrong) {
    throw Error(ErrorCode::kUsage, fmt::format("{} {}", flag, wrong.what), hint);
  }
}

struct ImageSize {
  int64_t width = 0, height = 0;
};

/// "500x375", width first. Throws Error(kUsage).
ImageSize ParseSize(const std::string& text, const char* flag = "--size");

/// "500M", "1.5G": a number and K, M, G or T (powers of ten, with or without a B), in bytes. Throws Error(kUsage).
int64_t ParseBytes(const std::string& text);

/// The result of a verb on standard output: with --json as JSON, alone; else as text.
void PrintResult(const CommonOptions& common, const nlohmann::ordered_json& json, const std::string& text);

}  // namespace fcn::cli
