#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/image.h"

namespace fcn::cli {

/// Says on standard error what a user should know of the pictures that were read: the first few notes of each kind in
/// full, of the others how many there are.
class PictureNotes {
 public:
  void Print(const std::vector<ImageNote>& notes);
  /// To be called at the end.
  void PrintRest() const;

 private:
  std::map<std::string, size_t> kinds_;
};

/// A data set whose notes are printed and kept when a sample is first read, by one thread. `dataset` must outlive it.
class NotedDataset : public Dataset {
 public:
  explicit NotedDataset(const Dataset& dataset) : dataset_(dataset) {}

  const std::vector<InputInfo>& inputs() const override { return dataset_.inputs(); }
  const std::vector<HeadInfo>& heads() const override { return dataset_.heads(); }
  size_t size() const override { return dataset_.size(); }
  std::string name(size_t i) const override { return dataset_.name(i); }
  Sample Get(size_t i) const override;
  std::pair<int, int> picture_size(size_t i) const override { return dataset_.picture_size(i); }
  std::string source(size_t i) const override { return dataset_.source(i); }

  const PictureNotes& printed() const { return printed_; }
  const std::vector<ImageNote>& notes() const { return notes_; }

 private:
  const Dataset& dataset_;
  mutable PictureNotes printed_;
  mutable std::vector<ImageNote> notes_;
  mutable std::set<size_t> read_;
};

/// Printed on standard error and added to `json`, NotesJson's, where the model is not trained.
void TellUntrained(bool is_trained, const std::string& model, nlohmann::ordered_json& json);

/// Notes for --json.
nlohmann::ordered_json NotesJson(const std::vector<ImageNote>& notes);

}  // namespace fcn::cli
