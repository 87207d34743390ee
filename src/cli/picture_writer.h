#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/context.h"
#include "cli/inputs.h"
#include "cli/outputs.h"
#include "fcn/segmenter.h"

namespace fcn::cli {

struct SegmentVerbOptions {
  std::vector<std::string> pictures;
  std::string model, output = ".", heat_map;
  bool save_probabilities = false, no_overlay = false, heat_map_given = false;
  bool overwrite = false, recursive = false;
  int top = 0;
  ReadImageOptions reading;

  /// Of the files that are made of each picture.
  std::vector<const char*> endings() const;
  std::filesystem::path ResultPath(const InputPicture& picture, const char* ending) const {
    return std::filesystem::path(output) / (picture.output_name + ending);
  }
};

/// What is made of each picture, and how. Thread-safe. All four must outlive it.
class PictureWriter {
 public:
  /// Throws Error(kUsage) where the options do not fit the model.
  PictureWriter(const SegmentVerbOptions& options, const Outputs& outputs, Segmenter& segmenter,
                const Context& context);

  /// The labels and what else is asked for. `one_of_many`: as in a SegmentRequest.
  Segmentation Segment(const Image& image, bool one_of_many) const;
  /// Writes a picture's files and describes them. Throws as WriteFile does.
  nlohmann::ordered_json Write(const InputPicture& picture, const Image& image, const Segmentation& result,
                               std::string& text) const;
  /// Whether one of a picture's files is a link, which may lead nowhere, or to another disk.
  bool WritesThroughLink(const InputPicture& picture) const;

 private:
  std::string Announce(const InputPicture& picture, const char* ending, const char* key, nlohmann::ordered_json& json,
                       std::string& text) const;
  void WritePng(const std::string& path, std::vector<uint8_t> png) const;
  void WriteLabels(const InputPicture& picture, const Segmentation& result, nlohmann::ordered_json& json,
                   std::string& text) const;
  void WriteHeatMap(const InputPicture& picture, const Image& image, const Segmentation& result,
                    nlohmann::ordered_json& json, std::string& text) const;
  void AddShares(const Segmentation& result, nlohmann::ordered_json& json, std::string& text) const;
  void AddRanking(const Image& image, nlohmann::ordered_json& json, std::string& text) const;

  const SegmentVerbOptions& options_;
  const Outputs& outputs_;
  Segmenter& segmenter_;
  const Context& context_;
  SegmentRequest request_;
};

}  // namespace fcn::cli
