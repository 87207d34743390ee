#pragma once

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/context.h"
#include "runtime/plan.h"
#include "tensor/shape.h"

namespace fcn::cli {

/// What every verb understands.
struct CommonOptions {
  int threads = 0;
  std::string isa;
  bool no_winograd = false, no_image_window = false;
  bool json = false;
  std::string max_memory;
  double threshold = 0.5;

  Isa chosen_isa() const { return isa.empty() ? DefaultIsa() : ParseIsa(isa); }
  /// Bytes; 0 for no limit.
  int64_t memory_limit() const;
  CompileOptions compile_options() const { return {!no_winograd, {}, !no_image_window, memory_limit()}; }
};

/// Adds -j/--threads, --isa, --no-winograd, --no-image-window and --json to a verb.
void AddCommonOptions(CLI::App& verb, CommonOptions& common);
/// Adds --max-memory, for verbs that run networks.
void AddMemoryOption(CLI::App& verb, CommonOptions& common);
/// Adds --threshold, for verbs that make labels.
void AddThresholdOption(CLI::App& verb, CommonOptions& common);

struct ImageSize {
  int64_t width = 0, height = 0;
};

/// "500x375", width first. Throws Error(kUsage).
ImageSize ParseSize(const std::string& text);

/// "500M", "1.5G": a number and K, M, G or T (powers of ten, with or without a B), in bytes. Throws Error(kUsage).
int64_t ParseBytes(const std::string& text);

/// "500K", "1M", "1000000": a number of pixels; empty: 0. Throws Error(kUsage).
int64_t ParsePixels(const std::string& text);

/// The result of a verb on standard output: with --json as JSON, alone; else as text.
void PrintResult(const CommonOptions& common, const nlohmann::ordered_json& json, const std::string& text);

}  // namespace fcn::cli
