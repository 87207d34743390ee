#include "cli/class_list.h"
#include "cli/options.h"
#include "data/label_options.h"
#include "fcn/preprocessing.h"
#include "target.h"
#include "train/config.h"

namespace fcn::fuzz {
namespace {

/// As Accepts, where a wrong value is an answer as well.
template <typename Parse>
void Reads(Parse parse) {
  Accepts([&] {
    try {
      parse();
    } catch (const WrongValue& wrong) {
      Require(!wrong.what.empty(), "a wrong value says why");
    }
  });
}

void CheckConfigKeys(const std::string& text) {
  static const std::vector<ConfigKeyInfo> keys = ConfigKeys();
  for (const ConfigKeyInfo& key : keys)
    Accepts([&] {
      TrainConfig config;
      SetConfigKey(config, key.name, text);
      Require(ParseConfig(ToToml(config), "fuzz") == config, "a key comes back from its file");
      CheckConfig(config);
    });
}

}  // namespace
}  // namespace fcn::fuzz

/// Any text as the value of each flag that takes one apart: sizes, amounts of memory, classes, lists, colours,
/// mappings, preprocessings, instruction sets, and every key of a training.
FUZZ_TARGET(flag_values) {
  using namespace fcn;
  if (size > 1024) return -1;
  const std::string text(fuzz::Text(data, size));
  fuzz::Reads([&] {
    const cli::ImageSize image = cli::ParseSize(text);
    fuzz::Require(image.width > 0 && image.height > 0, "a size is not empty");
  });
  fuzz::Reads([&] { fuzz::Require(cli::ParseBytes(text) > 0, "an amount is some"); });
  fuzz::Reads([&] {
    for (const int index : cli::ParseClasses(text, {"cat", "golden retriever", "a, b", "12"}))
      fuzz::Require(index >= 0 && index < 4, "a class that is named is there");
  });
  fuzz::Reads([&] {
    const Preprocessing read = PreprocessingFromText(text);
    fuzz::Require(PreprocessingFromText(PreprocessingText(read)) == read, "a preprocessing comes back from its text");
  });
  fuzz::Reads([&] { ParseIsa(text); });
  fuzz::Reads([&] {
    DatasetOptions options;
    options.classes = SplitMembers(text, "a name");
    CheckLabelOptions(options);
  });
  fuzz::Reads([&] {
    DatasetOptions options;
    options.palette = ParseColours(text);
    std::string printed;
    for (const Colour& colour : options.palette) printed.append(printed.empty() ? "" : ",").append(ColourText(colour));
    fuzz::Require(ParseColours(printed) == options.palette, "colours come back from their text");
    CheckLabelOptions(options);
  });
  fuzz::Reads([&] {
    DatasetOptions options;
    options.map = ParseMappings(text);
    std::string printed;
    for (const LabelMapping& mapping : options.map)
      printed.append(printed.empty() ? "" : ",").append(MappingText(mapping));
    fuzz::Require(ParseMappings(printed) == options.map, "mappings come back from their text");
    CheckLabelOptions(options);
  });
  fuzz::CheckConfigKeys(text);
  return 0;
}
