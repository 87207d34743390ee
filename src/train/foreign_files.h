#pragma once

#include "fcn/run_files.h"
#include "train/config.h"

namespace fcn {

/// A run writes its files over those of one that ended before its first checkpoint. Throws Error(kUsage) where what has
/// the name of one of them comes from somewhere else: a configuration that a person wrote, another program's log,
/// a link to anywhere.
void RefuseForeignFiles(const RunFiles& files);

/// A training that goes on from its folder's own checkpoint replaces what is the run's: its files are no links, its log
/// is a log, and its configuration, without which there are no models either, is that of the checkpoint, but for what a
/// resume may change. Throws Error(kUsage) where one is not.
void RefuseForeignFilesOfRun(const RunFiles& files, const TrainConfig& resumed);

}  // namespace fcn
