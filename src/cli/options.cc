#include "cli/options.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "fcn/error.h"

namespace fcn::cli {

void AddCommonOptions(CLI::App& verb, CommonOptions& common) {
  verb.add_option("-j,--threads", common.threads, "Threads (default: the cores that the cgroup allows)")
      ->check(CLI::Range(1, 1024));
  verb.add_option("--isa", common.isa, "Force an instruction set: portable, sse4, avx2, avx512, neon");
  verb.add_flag("--no-winograd", common.no_winograd, "Sum every product directly: slower, plain float32 errors");
  verb.add_flag("--no-image-window", common.no_image_window,
                "Compute for every image what its padding alone decides: slower");
  verb.add_flag("--json", common.json, "Print JSON alone on standard output");
}

ImageSize ParseSize(const std::string& text) {
  const size_t cross = text.find('x');
  ImageSize size;
  const auto parse = [](std::string_view digits, int64_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && value >= 1 && value <= 1 << 20;
  };
  if (cross == std::string::npos || !parse(std::string_view(text).substr(0, cross), size.width) ||
      !parse(std::string_view(text).substr(cross + 1), size.height))
    throw Error(ErrorCode::kUsage, fmt::format("\"{}\" is not a size", text),
                "Sizes are WIDTHxHEIGHT in pixels, as in 640x480.");
  return size;
}

void PrintResult(const CommonOptions& common, const nlohmann::ordered_json& json, const std::string& text) {
  const std::string out =
      common.json ? json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n" : text;
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0)
    throw Error(ErrorCode::kIo, "cannot write the result to standard output");
}

}  // namespace fcn::cli
