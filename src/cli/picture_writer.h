#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "cli/outputs.h"
#include "fcn/runtime.h"
#include "fcn/segmenter.h"

namespace fcn::cli {

struct SegmentVerbOptions {
  std::vector<std::string> pictures, inputs;
  std::string model, output = ".", heat_map, heads;
  std::string voc_results;  ///< "comp6_test_cls": the pictures of that split of the only folder that is given
  bool save_probabilities = false, no_overlay = false, heat_map_given = false;
  bool overwrite = false, recursive = false, shift_and_stitch = false;
  int top = 0;
  ReadImageOptions reading;

  std::filesystem::path ResultPath(const InputPicture& picture, const std::string& ending) const {
    return std::filesystem::path(output) / (picture.output_name + ending);
  }
};

/// The names of a model's heads.
std::vector<std::string> HeadNames(const Segmenter& segmenter);

/// What is made of each picture.
class ResultPlan {
 public:
  /// Throws Error(kUsage) where the options do not fit the model, or each other.
  ResultPlan(const SegmentVerbOptions& options, const Segmenter& segmenter);

  const SegmentRequest& request() const { return request_; }
  /// The heads that are wanted.
  const std::vector<int>& heads() const { return request_.heads; }
  /// What is between a picture's name and the endings of its results: ".geometry".
  const std::string& of_head(int head) const { return of_head_[static_cast<size_t>(head)]; }
  bool has_heat(int head) const;
  /// Of the files that are made of each picture.
  const std::vector<std::string>& endings() const { return endings_; }
  /// Of each class of the only head that is wanted the index in VOC's result files; empty where none are written.
  const std::vector<uint16_t>& voc_indices() const { return voc_indices_; }

 private:
  SegmentRequest request_;
  std::vector<std::string> of_head_, endings_;
  std::vector<uint16_t> voc_indices_;
};

/// A picture to segment.
struct ReadPicture {
  Image shown;                  ///< what results are drawn over
  std::vector<Raster> rasters;  ///< of each of the model's inputs; none where `shown` is the only one
};

/// Takes what was read for a model's inputs.
ReadPicture AsRead(std::vector<Raster> pictures);

/// What is made of each picture, and how. Thread-safe. All five must outlive it.
class PictureWriter {
 public:
  PictureWriter(const SegmentVerbOptions& options, const ResultPlan& plan, const Outputs& outputs, Segmenter& segmenter,
                const Runtime& runtime)
      : options_(options), plan_(plan), outputs_(outputs), segmenter_(segmenter), runtime_(runtime) {}

  /// The labels and what else is asked for. `one_of_many`: as in a SegmentRequest.
  Segmentation Segment(const ReadPicture& read, bool one_of_many) const;
  /// Writes a picture's files and describes them. Throws as WriteFile does.
  nlohmann::ordered_json Write(const InputPicture& picture, const ReadPicture& read, const Segmentation& result,
                               std::string& text) const;
  /// Whether one of a picture's files is a link, which may lead nowhere, or to another disk.
  bool WritesThroughLink(const InputPicture& picture) const;

 private:
  /// A head's part of a picture's results.
  struct Part {
    const InputPicture& picture;
    const Image& image;
    int head;
    const HeadSegmentation& result;
    nlohmann::ordered_json& json;
    std::string& text;
  };

  const HeadInfo& InfoOf(const Part& part) const { return segmenter_.heads()[static_cast<size_t>(part.head)]; }
  std::string Announce(const Part& part, const char* ending, const char* key) const;
  void WritePng(const std::string& path, std::vector<uint8_t> png) const;
  void WriteHead(const Part& part) const;
  void WriteLabels(const Part& part) const;
  void WriteHeatMap(const Part& part) const;
  void AddShares(const Part& part) const;
  void AddRanking(const ReadPicture& read, nlohmann::ordered_json& json, std::string& text) const;

  const SegmentVerbOptions& options_;
  const ResultPlan& plan_;
  const Outputs& outputs_;
  Segmenter& segmenter_;
  const Runtime& runtime_;
};

}  // namespace fcn::cli
