#!/usr/bin/env python3
"""Writes src/models/imagenet_classes.cc: the names of ImageNet's 1000 classes, out of torchvision's metadata.

    python tools/make_imagenet_classes.py > src/models/imagenet_classes.cc
"""
import json

from torchvision.models._meta import _IMAGENET_CATEGORIES as names

assert len(names) == len(set(names)) == 1000 and all(name.isascii() for name in names)
lines, line = [], "   "
for name in names:
    word = f" {json.dumps(name)},"
    if len(line + word) > 120:
        lines.append(line)
        line = "   "
    line += word
lines.append(line)
print("""// The names as torchvision lists them (torchvision.models._meta); written by tools/make_imagenet_classes.py.
#include "models/class_names.h"

namespace fcn {

// clang-format off
const std::array<std::string_view, 1000> kImageNetClasses = {""")
print("\n".join(lines))
print("""};
// clang-format on

}  // namespace fcn""")
