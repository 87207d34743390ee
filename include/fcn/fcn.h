#pragma once

/// Everything that a user of the library includes.
#include "fcn/bench.h"          // IWYU pragma: export
#include "fcn/cancellation.h"   // IWYU pragma: export
#include "fcn/comparison.h"     // IWYU pragma: export
#include "fcn/dataset.h"        // IWYU pragma: export
#include "fcn/dataset_check.h"  // IWYU pragma: export
#include "fcn/drawing.h"        // IWYU pragma: export
#include "fcn/error.h"          // IWYU pragma: export
#include "fcn/evaluate.h"       // IWYU pragma: export
#include "fcn/files.h"          // IWYU pragma: export
#include "fcn/history.h"        // IWYU pragma: export
#include "fcn/image.h"          // IWYU pragma: export
#include "fcn/import.h"         // IWYU pragma: export
#include "fcn/learner.h"        // IWYU pragma: export
#include "fcn/model.h"          // IWYU pragma: export
#include "fcn/network.h"        // IWYU pragma: export
#include "fcn/picture_files.h"  // IWYU pragma: export
#include "fcn/picture_view.h"   // IWYU pragma: export
#include "fcn/png.h"            // IWYU pragma: export
#include "fcn/profile.h"        // IWYU pragma: export
#include "fcn/raster.h"         // IWYU pragma: export
#include "fcn/report.h"         // IWYU pragma: export
#include "fcn/runtime.h"        // IWYU pragma: export
#include "fcn/scenes.h"         // IWYU pragma: export
#include "fcn/scores.h"         // IWYU pragma: export
#include "fcn/segmenter.h"      // IWYU pragma: export
#include "fcn/side_by_side.h"   // IWYU pragma: export
#include "fcn/text.h"           // IWYU pragma: export
#include "fcn/train.h"          // IWYU pragma: export
#include "fcn/upper_bound.h"    // IWYU pragma: export
#include "fcn/version.h"        // IWYU pragma: export
#include "fcn/voc_results.h"    // IWYU pragma: export
