#include "data/coding.h"
#include "data/label_reader.h"
#include "png_mutator.h"
#include "target.h"

namespace fcn {
namespace {

/// What stored values can mean: themselves, mapped, and colours by a table and by those of known data sets.
std::vector<LabelCoding> Codings() {
  DatasetOptions plain, mapped, table;
  plain.classes = {"12"};
  mapped.classes = table.classes = {"no", "yes"};
  mapped.map = {{255, 1}, {9, 7}, {65535, 0}};
  mapped.ignore_index = 7;
  table.palette = {{0, 0, 0}, {128, 64, 128}};
  table.ignore_index = -1;
  std::vector<LabelCoding> codings;
  for (const DatasetOptions& options : {plain, mapped, table}) codings.push_back(ChooseClasses(options, {}).coding);
  for (const char* kind : {"camvid", "voc"}) codings.push_back(ChooseClasses({}, ListClasses(kind, "")).coding);
  return codings;
}

}  // namespace
}  // namespace fcn

/// Any bytes as a label picture: a label map whose labels are all classes, or an Error.
FUZZ_TARGET(labels) {
  using namespace fcn;
  static const std::vector<LabelCoding> codings = Codings();
  StoredLabels stored;
  if (!fuzz::Accepts([&] { stored = DecodeStoredLabels({data, size}, "fuzz", {.max_pixels = 1 << 20}); })) return 0;
  fuzz::Require(stored.values.size() == static_cast<size_t>(stored.width) * static_cast<size_t>(stored.height),
                "every pixel has a value");
  for (const LabelCoding& coding : codings)
    fuzz::Accepts([&] {
      const LabelMap map = Interpret(stored, coding, "fuzz");
      fuzz::Require(map.labels.size() == stored.values.size(), "every pixel has a label");
      for (const uint16_t label : map.labels)
        fuzz::Require(label < coding.classes || label == kIgnoredLabel, "labels are classes");
    });
  return 0;
}
