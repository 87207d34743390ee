#pragma once

#include <array>
#include <filesystem>

#include "fcn/export.h"

namespace fcn {

/// The files of a run, in its folder.
struct FCN_API RunFiles {
  explicit RunFiles(const std::filesystem::path& folder)
      : config(folder / "config.toml"),
        log(folder / "log.jsonl"),
        metrics(folder / "metrics.json"),
        latest(folder / "latest.checkpoint"),
        best(folder / "best.safetensors"),
        model(folder / "model.safetensors") {}
  std::filesystem::path config;   ///< all keys as they were resolved
  std::filesystem::path log;      ///< a line of JSON for each logging interval and validation
  std::filesystem::path metrics;  ///< scores of the best validation
  std::filesystem::path latest;   ///< all that a resumed training needs
  std::filesystem::path best;     ///< the model of the best validation
  std::filesystem::path model;    ///< the model of the last iteration

  std::array<const std::filesystem::path*, 6> all() const { return {&config, &log, &metrics, &latest, &best, &model}; }
};

}  // namespace fcn
