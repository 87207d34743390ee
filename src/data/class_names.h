#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcn/image.h"

namespace fcn {

/// Classes by name, and what stored labels mean them.
struct ClassNames {
  std::vector<std::string> names = {};
  std::vector<Colour> palette = {};                         ///< as many as names, or empty
  std::vector<int> values = {};                             ///< the stored value of each; empty: 0, 1, …
  std::vector<std::pair<int, size_t>> further_values = {};  ///< more stored values, and the classes that they are
  std::vector<int> ignored_values = {};                     ///< stored values that do not count
  std::vector<Colour> ignored_colours = {};                 ///< the same for RGB labels
  bool has_values = false;  ///< whether the values are written beside the names, not counted by line

  int value(size_t i) const { return values.empty() ? static_cast<int>(i) : values[i]; }
};

/// The files in which people name classes: classes.txt, class_names.txt, label_colors.txt, class_dict.csv, … A class's
/// name in each line, in the order of the stored values, with its colour in all lines or in none (class_line.h says how
/// colours are written). What else is understood: a heading ("name,r,g,b"); blank lines and comments (#); the stored
/// value before or behind each name ("0: road", "road,7"; with mere spaces between only before names, and where values
/// are 0, or count up from 1 in any order). Numbers with spaces are parts of names in some lines ("route 66"), and in
/// all where the rest of the names is one ("class 1", "class 2"). A class that is called ignore or ignored does not
/// count, and may come several times; __ignore__, LabelMe's, takes no value. `name` is what messages call the file.
/// Throws Error(kInput) with it and the line where a line is none of that, may be a name as well as something else (a
/// first line "classes", numbers that may be values), a name or a value comes again, or all classes are in one line
/// with commas; at most kMostClasses.
ClassNames ParseClassNames(std::string_view text, const std::string& name);

/// CVAT's labelmap.txt: "name:r,g,b:parts:actions" in each line, of which name and colour are read. Throws likewise.
ClassNames ParseLabelMap(std::string_view text, const std::string& name);

}  // namespace fcn
