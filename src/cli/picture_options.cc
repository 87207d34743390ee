#include "cli/picture_options.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "fcn/option_text.h"
#include "fcn/raster.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

std::vector<int> ParseBands(const std::string& text) {
  std::vector<int> bands;
  try {
    for (const std::string& member : SplitMembers(text, "a band")) {
      const std::optional<int64_t> band = ParseWhole(member);
      if (!band || *band < 1 || *band > std::numeric_limits<int>::max()) throw WrongValue{};
      bands.push_back(static_cast<int>(*band));
    }
    if (!bands.empty() && bands.size() <= kMostPictureBands) return bands;
  } catch (const WrongValue&) {
  }
  throw CLI::ValidationError(
      "--bands", fmt::format("{} are not bands: they are numbers from 1 on, three for a picture in colour (3,2,1), or "
                             "one",
                             Quoted(text)));
}

}  // namespace

void AddPictureOptions(CLI::App& verb, ReadImageOptions& options) {
  const char* group = "How pictures are read";
  verb.add_flag("--strict", options.strict, "Refuse damaged pictures that other programs read, in place of a note")
      ->group(group);
  const auto limit = [&options](int64_t pixels) {
    if (pixels < 1) throw CLI::ValidationError("--max-pixels", "no picture has 0 pixels");
    options.max_pixels = pixels;
  };
  AddPixelsOption(verb, "--max-pixels", limit,
                  "Refuse pictures and labels of more pixels before they are decoded\n"
                  "[50M, or 50 for each byte of the file where that is more, up to 2^30]")
      ->default_str("")
      ->group(group);
  verb.add_option(
          "--sample-max", options.sample_max,
          "The sample that is white: 4095 where 16-bit pictures hold 12 bits; 8-bit ones heed up to 255 [all bits]")
      ->check(CLI::Range(1, 65535))
      ->type_name("INT")
      ->default_str("")
      ->group(group);
  AddListOption(
      verb, "--bands", "INT,INT", [&options](const std::string& text) { options.bands = ParseBands(text); },
      "Which stored bands are red, green and blue (3,2,1), or the one that is grey; any of an input of bands")
      ->allow_extra_args(false)  // pictures may follow
      ->group(group);
  verb.add_option("--page", options.page, "Which page of a TIFF, or picture of a HEIC file, is read")
      ->check(CLI::Range(1, 1 << 30))
      ->type_name("INT")
      ->capture_default_str()
      ->group(group);
  verb.add_flag("--ignore-alpha", options.ignore_alpha,
                "Take colours as they are stored, in place of laying transparency over white")
      ->group(group);
}

}  // namespace fcn::cli
