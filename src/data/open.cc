#include "data/open.h"

#include <fmt/format.h>

#include "data/coding.h"
#include "data/label_reader.h"
#include "data/listing.h"
#include "fcn/error.h"

namespace fcn {
namespace {

class FileDataset : public Dataset {
 public:
  FileDataset(std::vector<SampleFiles> samples, DatasetClasses classes, ReadImageOptions images)
      : samples_(std::move(samples)), classes_(std::move(classes)), images_(std::move(images)) {}

  const std::vector<std::string>& classes() const override { return classes_.names; }
  const std::vector<Colour>& palette() const override { return classes_.palette; }
  size_t size() const override { return samples_.size(); }
  std::string name(size_t i) const override { return samples_.at(i).name; }

  Sample Get(size_t i) const override {
    const SampleFiles& files = samples_.at(i);
    std::vector<ImageNote> notes;
    Image picture = ReadImage(files.image.string(), images_, &notes);
    Sample sample{files.name, std::move(picture), ReadLabels(files.labels, classes_.coding, images_), std::move(notes)};
    const Image& image = sample.image;
    const LabelMap& labels = sample.labels;
    if (image.width != labels.width || image.height != labels.height)
      throw Error(ErrorCode::kInput,
                  fmt::format("{} has {}x{} pixels, but its labels {} have {}x{}", files.image.string(), image.width,
                              image.height, files.labels.string(), labels.width, labels.height),
                  "A picture and its labels have one size. A photograph that is turned by its EXIF orientation needs "
                  "labels that stand upright too.");
    return sample;
  }

 private:
  std::vector<SampleFiles> samples_;
  DatasetClasses classes_;
  ReadImageOptions images_;
};

}  // namespace

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
  DatasetClasses classes = ChooseClasses(options, listing);
  return std::make_unique<FileDataset>(std::move(listing.samples), std::move(classes), options.images);
}

}  // namespace fcn
