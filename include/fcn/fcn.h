#pragma once

/// Everything that a user of the library includes.
#include "fcn/cancellation.h"  // IWYU pragma: export
#include "fcn/error.h"         // IWYU pragma: export
#include "fcn/image.h"         // IWYU pragma: export
#include "fcn/segmenter.h"     // IWYU pragma: export
#include "fcn/version.h"       // IWYU pragma: export
