#pragma once

#include <span>

#include "fcn/dataset.h"
#include "fcn/model.h"

namespace fcn::cli {

/// The data that models are evaluated on: where the flags do not say what the samples have, what the models take and
/// give, and their classes. Of several models the first one's heads and classes, and all their inputs. Throws
/// Error(kUsage) for a head that is asked for and not there. Notes classes that are called otherwise in the data.
DatasetOptions DataFor(std::span<const Model> models, DatasetOptions data);

}  // namespace fcn::cli
