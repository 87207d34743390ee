#include "data/lists.h"

#include "data/class_names.h"
#include "data/coding.h"
#include "data/option_text.h"
#include "fcn/error.h"

/// Any text as each of the files that describe a data set, and as the name of a split.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcn;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto attempt = [](auto parse) {
    try {
      parse();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInternal) __builtin_trap();
    }
  };
  attempt([&] {
    for (const ListEntry& entry : ParseList(text, "fuzz"))
      if (entry.image.empty() || entry.labels.empty()) __builtin_trap();
  });
  attempt([&] { ParseNames(text, "fuzz"); });
  attempt([&] { ParseLabelMap(text, "fuzz"); });
  try {
    ParseColours(text);
    ParseMappings(text);
  } catch (const WrongValue&) {
  }
  attempt([&] {
    const ClassNames classes = ParseClassNames(text, "fuzz");
    if (classes.names.empty()) __builtin_trap();
    if (!classes.palette.empty() && classes.palette.size() != classes.names.size()) __builtin_trap();
    Listing listing;
    listing.classes = classes;
    if (ChooseClasses({}, listing).palette.size() != classes.names.size()) __builtin_trap();
  });
  attempt([&] {
    const auto [first, last] = ParseSplit(std::string(text)).Range(100);
    if (first > last || last > 100) __builtin_trap();
  });
  return 0;
}
