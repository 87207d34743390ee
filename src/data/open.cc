#include <fmt/format.h>

#include <algorithm>

#include "data/coding.h"
#include "data/label_reader.h"
#include "data/listing.h"
#include "data/picture_sizes.h"
#include "data/read_input.h"
#include "data/role_options.h"
#include "fcn/dataset.h"
#include "fcn/error.h"
#include "fcn/picture_files.h"

namespace fcn {
namespace {

class FileDataset : public Dataset {
 public:
  FileDataset(std::vector<SampleFiles> samples, const std::vector<DatasetClasses>& heads, const DatasetOptions& options)
      : samples_(std::move(samples)), inputs_(InputsOf(options)), images_(options.images) {
    const std::vector<std::string> names = HeadsOf(options);
    for (size_t i = 0; i < heads.size(); i++) {
      heads_.push_back({names[i], heads[i].names, heads[i].palette});
      codings_.push_back(heads[i].coding);
    }
  }

  const std::vector<InputInfo>& inputs() const override { return inputs_; }
  const std::vector<HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return samples_.size(); }
  std::string name(size_t i) const override { return samples_.at(i).name; }
  std::pair<int, int> picture_size(size_t i) const override { return LabelSize(samples_.at(i).labels[0], images_); }
  std::string source(size_t i) const override { return samples_.at(i).labels[0].string(); }

  Sample Get(size_t i) const override {
    const SampleFiles& files = samples_.at(i);
    Sample sample{.name = files.name};
    const std::string image = files.inputs[0].string();
    for (size_t k = 0; k < inputs_.size(); k++) {
      sample.inputs.push_back(ReadInput(files.inputs[k], inputs_[k], InputOptions(images_, k), &sample.notes));
      CheckSize(sample, image, inputs_[k].name, files.inputs[k].string(), sample.inputs[k].width,
                sample.inputs[k].height);
    }
    for (size_t k = 0; k < heads_.size(); k++) {
      sample.labels.push_back(ReadLabels(files.labels[k], codings_[k], images_));
      CheckSize(sample, image, "labels", files.labels[k].string(), sample.labels[k].width, sample.labels[k].height);
    }
    return sample;
  }

 private:
  static void CheckSize(const Sample& sample, const std::string& image, const std::string& what,
                        const std::string& other, int width, int height) {
    if (width == sample.width() && height == sample.height()) return;
    throw Error(ErrorCode::kInput, SizeMismatch(image, sample.width(), sample.height(), what, other, width, height),
                "A picture and its labels have one size. A photograph that is turned by its EXIF orientation needs "
                "labels that stand upright too.");
  }

  std::vector<SampleFiles> samples_;
  std::vector<InputInfo> inputs_;
  std::vector<HeadInfo> heads_;
  std::vector<LabelCoding> codings_;
  ReadImageOptions images_;
};

}  // namespace

Dataset::~Dataset() = default;

const std::vector<InputInfo>& Dataset::inputs() const {
  static const std::vector<InputInfo> one(1);
  return one;
}

std::pair<int, int> Dataset::picture_size(size_t) const { return {0, 0}; }

std::string Dataset::source(size_t i) const { return name(i); }

std::unique_ptr<Dataset> OpenDataset(const DatasetOptions& options) {
  Listing listing = ListDataset(options);
  if (!listing.missing.empty()) {
    const size_t others = listing.missing.size() - 1;
    throw Error(ErrorCode::kInput,
                listing.missing[0].message + (others > 0 ? fmt::format(" (and {} more samples)", others) : ""),
                "fcn dataset check lists everything that is wrong with a data set.");
  }
  if (listing.samples.empty())
    throw Error(ErrorCode::kInput, fmt::format("{} has no samples in its split {}", options.folder, options.split),
                "Check --data and --split.");
  const std::vector<DatasetClasses> heads = ChooseHeads(options, listing);
  return std::make_unique<FileDataset>(std::move(listing.samples), heads, options);
}

}  // namespace fcn
