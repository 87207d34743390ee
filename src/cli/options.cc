#include "cli/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <string_view>

#include "cli/print.h"
#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn::cli {

void AddCommonOptions(CLI::App& verb, CommonOptions& common) {
  verb.add_option("-j,--threads", common.threads, "Threads (default: the cores that the cgroup allows)")
      ->check(CLI::Range(1, 1024));
  verb.add_option("--isa", common.isa,
                  "Instruction set, at most: portable, sse4, avx2, avx512, avx512-{vnni,bf16}, amx, neon");
  verb.add_flag("--no-winograd", common.no_winograd, "Sum every product directly: slower, plain float32 errors");
  verb.add_flag("--no-image-window", common.no_image_window,
                "Compute for every image what its padding alone decides: slower");
  verb.add_flag("--json", common.json, "Print JSON alone on standard output");
}

void AddMemoryOption(CLI::App& verb, CommonOptions& common) {
  const auto take = [&common](const std::string& text) {
    try {
      common.memory_limit = ParseBytes(text);
    } catch (const Error& error) {
      throw CLI::ValidationError("--max-memory", fmt::format("{}. {}", error.message(), error.hint()));
    }
  };
  verb.add_option_function<std::string>("--max-memory", take,
                                        "Refuse, before it begins, what would need more memory than this (500M, 2G);\n"
                                        "what needs more than is available is refused anyway\n"
                                        "Decoded pictures come on top, and some 30 MB of the program itself")
      ->type_name("SIZE");
}

void AddCaffeOptions(CLI::App& verb, std::string& phase) {
  verb.add_option("--phase", phase, "Which layers of a net of Caffe's count: those of its tests, or of its training")
      ->type_name("test|train")
      ->check(CLI::IsMember({"test", "train"}).description(""))
      ->capture_default_str();
}

void AddFormOptions(CLI::App& verb, NetworkForm& form) {
  const auto take = [&form](const std::string& text) {
    try {
      form.upsampling = UpsamplingMethodFromText(text);
    } catch (const Error& error) {
      throw CLI::ValidationError("--upsampling", fmt::format("{}. {}", error.message(), error.hint()));
    }
  };
  verb.add_option_function<std::string>(
      "--upsampling", take,
      "Of a network by name: resize its scores, or bring them to finer grids by filters\n"
      "that stay bilinear, are learned but for the last (paper) or learned; usual: as it has it itself");
  verb.add_option("--skip-scale", form.skip_scale,
                  "Of a network by name: what its first skip is multiplied by, the next by its square, …")
      ->type_name("NUMBER");
  verb.add_option("--fc-channels", form.fc_channels, "Of a network by name: the channels of its fc6 and fc7");
}

void AddThresholdOption(CLI::App& verb, CommonOptions& common) {
  const auto take = [&common](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const size_t equals = text.find('=');
      double probability = 0;
      if (!CLI::detail::lexical_cast(equals == text.npos ? text : text.substr(equals + 1), probability))
        throw CLI::ValidationError("--threshold", fmt::format("{} is no probability", Quoted(text)));
      if (equals == text.npos)
        common.threshold = probability;
      else
        common.head_thresholds[text.substr(0, equals)] = probability;
    }
  };
  verb.add_option_function<std::vector<std::string>>(
          "--threshold", take,
          "Of a binary head, in which a network gives one score: its class is where the probability\n"
          "is above this; of several such heads HEAD=P [0.5]")
      ->type_name("P")
      ->allow_extra_args(false);
}

int64_t ParseBytes(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit(end, text.data() + text.size());
  if (unit.ends_with('B') || unit.ends_with('b')) unit.pop_back();
  constexpr std::string_view kUnits = "KMGT";
  const size_t power = unit.empty() ? 0 : kUnits.find(static_cast<char>(std::toupper(unit[0]))) + 1;
  const double bytes = number * std::pow(1e3, static_cast<double>(power));
  if (error != std::errc() || unit.size() > 1 || (!unit.empty() && power == 0) || !(bytes >= 1 && bytes < 1e18))
    throw Error(ErrorCode::kUsage, fmt::format("{} is no amount of memory", Quoted(text)),
                "Give a number with K, M, G or T, as in 500M or 1.5G.");
  return static_cast<int64_t>(bytes);
}

CLI::Option* AddPixelsOption(CLI::App& verb, const std::string& flag, std::function<void(int64_t pixels)> take,
                             const std::string& help) {
  const auto parse = [flag, take = std::move(take)](const std::string& text) {
    int64_t pixels = 0;
    try {
      if (text != "0") pixels = ParseBytes(text);
    } catch (const Error&) {
      throw CLI::ValidationError(flag, fmt::format("{} is no number of pixels, as 500K and 1M are", Quoted(text)));
    }
    take(pixels);
  };
  return verb.add_option_function<std::string>(flag, parse, help)->type_name("PIXELS");
}

CLI::Option* AddListOption(CLI::App& verb, const std::string& flag, const std::string& form,
                           std::function<void(const std::string& text)> take, const std::string& help) {
  const auto join = [take = std::move(take)](const std::vector<std::string>& parts) {
    take(fmt::format("{}", fmt::join(parts, ",")));
  };
  return verb.add_option_function<std::vector<std::string>>(flag, join, help)->type_name(form);
}

CLI::Option* AddSwitch(CLI::App& verb, const std::string& flag, std::function<void(const std::string& text)> take,
                       const std::string& help) {
  const auto alone_is_true = [take = std::move(take)](const std::string& text) { take(text.empty() ? "true" : text); };
  const auto check = [](const std::string& text) {
    return text.empty() || text == "true" || text == "false" ? std::string() : "must be true or false, not " + text;
  };
  return verb.add_option_function<std::string>(flag, alone_is_true, help)
      ->expected(0, 1)
      ->check(check)
      ->type_name("true|false");
}

ImageSize ParseSize(const std::string& text, const char* flag) {
  constexpr const char* kHint = "Sizes are WIDTHxHEIGHT in pixels, as in 640x480.";
  constexpr int64_t kLongest = 1 << 20, kMostPixels = int64_t{1} << 32;
  const auto size = ParseWidthHeight(text);
  const auto fits = [](int64_t side) { return side >= 1 && side <= kLongest; };
  if (!size || !fits(size->first) || !fits(size->second))
    throw Error(ErrorCode::kUsage, fmt::format("\"{}\" is not a size", text), kHint);
  if (size->first * size->second > kMostPixels)
    throw Error(ErrorCode::kUsage, fmt::format("{} {} is more than {} pixels", flag, text, kMostPixels), kHint);
  return {size->first, size->second};
}

void PrintResult(const CommonOptions& common, const nlohmann::ordered_json& json, const std::string& text) {
  PrintOutput(common.json ? JsonText(json) : text);
}

}  // namespace fcn::cli
