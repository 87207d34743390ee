#include "cli/picture_options.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/quoted.h"

namespace fcn::cli {
namespace {

/// "3,2,1", with or without spaces.
std::vector<int> ParseBands(std::string_view text) {
  const auto wrong = [whole = text] {
    return CLI::ValidationError(
        "--bands", fmt::format("{} are not bands: they are three numbers from 1 on (3,2,1), or one", Quoted(whole)));
  };
  std::vector<int> bands;
  for (bool more = true; more;) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    int band = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), band);
    if (part.empty() || error != std::errc() || end != part.data() + part.size() || band < 1) throw wrong();
    bands.push_back(band);
    more = comma < text.size();
    if (more) text.remove_prefix(comma + 1);
  }
  if (bands.size() != 1 && bands.size() != 3) throw wrong();
  return bands;
}

}  // namespace

void AddPictureOptions(CLI::App& verb, ReadImageOptions& options) {
  const char* group = "How pictures are read";
  verb.add_flag("--strict", options.strict, "Refuse damaged pictures that other programs read, in place of a note")
      ->group(group);
  verb.add_option("--max-pixels", options.max_pixels, "Refuse pictures of more pixels before they are decoded")
      ->check(CLI::Range(int64_t{1}, std::numeric_limits<int64_t>::max()))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  verb.add_option("--sample-max", options.sample_max,
                  "The sample that is white in 16-bit pictures: 4095 where they hold 12 bits [65535]")
      ->check(CLI::Range(1, 65535))
      ->type_name("N")
      ->default_str("")
      ->group(group);
  verb.add_option_function<std::string>(
          "--bands", [&options](const std::string& text) { options.bands = ParseBands(text); },
          "Which stored bands are red, green and blue (3,2,1), or the one that is grey, counted from 1")
      ->join(',')
      ->type_name("N,N,N")
      ->group(group);
  verb.add_option("--page", options.page, "Which page of a TIFF, or picture of a HEIC file, is read")
      ->check(CLI::Range(1, 1 << 30))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  verb.add_flag("--ignore-alpha", options.ignore_alpha,
                "Take colours as they are stored, in place of laying transparency over white")
      ->group(group);
}

}  // namespace fcn::cli
