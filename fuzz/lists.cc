#include "data/lists.h"

#include "data/class_names.h"
#include "data/coding.h"
#include "target.h"

/// Any text as each of the files that describe a data set, and as the name of a split.
FUZZ_TARGET(lists) {
  using namespace fcn;
  const std::string_view text = fuzz::Text(data, size);
  fuzz::Accepts([&] {
    for (const ListEntry& entry : ParseList(text, "fuzz"))
      fuzz::Require(!entry.image.empty() && !entry.labels.empty(), "a line has two paths");
  });
  fuzz::Accepts([&] {
    for (const std::vector<std::string>& paths : ParseColumns(text, "fuzz", 3))
      fuzz::Require(paths.size() == 3, "a line has a path for each column");
  });
  fuzz::Accepts([&] { ParseNames(text, "fuzz"); });
  fuzz::Accepts([&] { ParseLabelMap(text, "fuzz"); });
  fuzz::Accepts([&] {
    KnownClasses known;
    known.classes = ParseClassNames(text, "fuzz");
    const size_t classes = known.classes.names.size();
    fuzz::Require(classes > 0, "a class file has classes");
    fuzz::Require(ChooseClasses({}, known).palette.size() == classes, "every class has a colour");
  });
  fuzz::Accepts([&] {
    const auto [first, last] = ParseSplit(std::string(text)).Range(100);
    fuzz::Require(first <= last && last <= 100, "a split is a part of its samples");
  });
  return 0;
}
