#include "data/label_reader.h"
#include "fcn/error.h"

/// Any bytes as a label picture with few classes and a colour table: a label map whose labels are all classes, or an
/// Error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcn;
  LabelCoding coding;
  coding.classes = 12;
  for (uint16_t i = 0; i < 12; i++) coding.of_value.push_back(i);
  coding.of_value.push_back(kIgnoredLabel);
  coding.of_colour = {{0x804080, 0}, {0x000000, 1}, {0xffffff, kIgnoredLabel}};
  try {
    const StoredLabels stored = DecodeStoredLabels({data, size}, "fuzz", {.max_pixels = 1 << 20});
    if (stored.values.size() != static_cast<size_t>(stored.width) * static_cast<size_t>(stored.height))
      __builtin_trap();
    const LabelMap map = Interpret(stored, coding, "fuzz");
    if (map.labels.size() != stored.values.size()) __builtin_trap();
    for (uint16_t label : map.labels)
      if (label >= 12 && label != kIgnoredLabel) __builtin_trap();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) __builtin_trap();
  }
  return 0;
}
