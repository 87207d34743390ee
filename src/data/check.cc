#include "data/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <mutex>
#include <optional>

#include "base/machine.h"
#include "data/band_statistics.h"
#include "data/check_labels.h"
#include "data/coding.h"
#include "data/picture_sizes.h"
#include "data/read_input.h"
#include "data/role_options.h"
#include "fcn/error.h"
#include "fcn/picture_files.h"
#include "fcn/side_by_side.h"
#include "image/first_bytes.h"

namespace fcn {
namespace {

/// What one picture of an input adds to the report.
struct PictureReport {
  int width = 0, height = 0;  ///< 0 where it could not be read
  SampleType type = SampleType::kUint8;
  std::vector<BandStatistics> bands = {};
};

/// What one sample adds to the report.
struct SampleReport {
  std::vector<Finding> findings = {}, notes = {};
  std::vector<PictureReport> pictures = {};
  std::vector<LabelsReport> labels = {};

  bool is_whole() const {  // whether all files could be read
    return std::ranges::all_of(pictures, [](const PictureReport& picture) { return picture.width > 0; }) &&
           std::ranges::all_of(labels, &LabelsReport::is_read);
  }
};

/// What reading gave, or nothing after a finding.
template <typename Read>
auto Try(const std::filesystem::path& file, SampleReport& report, Read read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) throw;
    report.findings.push_back({"unreadable", file.string(), WithHint(error)});
    return std::nullopt;
  }
}

bool BeginsAsJpeg(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;  // opening a pipe would wait
  std::array<char, kJpegSignature.size()> start{};
  std::ifstream file(path, std::ios::binary);
  return file.read(start.data(), start.size()) && std::string_view(start.data(), start.size()) == kJpegSignature;
}

/// Reads the samples of a data set, one file at a time: a picture is dropped before the next is read.
class SampleChecker {
 public:
  SampleChecker(const DatasetOptions& options, const std::vector<DatasetClasses>& heads)
      : inputs_(InputsOf(options)), heads_(heads), images_(options.images) {}

  SampleReport Check(const SampleFiles& files) const {
    SampleReport report;
    for (size_t k = 0; k < inputs_.size(); k++) CheckPicture(files, k, report);
    for (size_t k = 0; k < heads_.size(); k++) CheckLabels(files, k, report);
    return report;
  }

  /// Of a pixel, for the largest of a sample's files: labels as they are stored and decoded, or a picture's samples as
  /// they are read and chosen.
  int64_t BytesPerPixel() const {
    int64_t bytes = 8;
    for (const InputInfo& input : inputs_) bytes = std::max(bytes, int64_t{8} * input.bands);
    return bytes;
  }

 private:
  void CheckPicture(const SampleFiles& files, size_t k, SampleReport& report) const {
    const std::filesystem::path& file = files.inputs[k];
    PictureReport& picture = report.pictures.emplace_back();
    std::vector<ImageNote> notes;
    const auto raster =
        Try(file, report, [&] { return ReadInput(file, inputs_[k], InputOptions(images_, k), &notes); });
    for (const ImageNote& note : notes)
      report.notes.push_back(
          {note.kind, file.string(), note.hint.empty() ? note.message : note.message + ". " + note.hint, false});
    if (!raster) return;
    picture = {raster->width, raster->height, raster->type(), MeasureBands(*raster)};
    CheckSize(files, inputs_[k].name, file, raster->width, raster->height, report);
  }

  void CheckLabels(const SampleFiles& files, size_t k, SampleReport& report) const {
    const std::filesystem::path& file = files.labels[k];
    LabelsReport& labels = report.labels.emplace_back();
    const auto stored =
        Try(file, report, [&] { return DecodeStoredLabels(ReadLabelFile(file, images_), file.string(), images_); });
    if (!stored) {
      if (BeginsAsJpeg(file)) report.findings.back().kind = "lossy labels";
      return;
    }
    CheckSize(files, "labels", file, stored->width, stored->height, report);
    labels = fcn::CheckLabels(file.string(), heads_[k].coding, *stored, report.findings);
  }

  /// Compares with the first picture.
  static void CheckSize(const SampleFiles& files, const std::string& what, const std::filesystem::path& file, int width,
                        int height, SampleReport& report) {
    const PictureReport& first = report.pictures[0];
    if (first.width == 0 || (width == first.width && height == first.height)) return;
    report.findings.push_back(
        {"size mismatch", file.string(),
         SizeMismatch(files.inputs[0].string(), first.width, first.height, what, file.string(), width, height)});
  }

  const std::vector<InputInfo> inputs_;
  const std::vector<DatasetClasses>& heads_;
  const ReadImageOptions images_;
};

/// All pictures of an input, one by one, and then what only all of them show.
class InputCheck {
 public:
  explicit InputCheck(InputReport& report) : report_(report) {}

  void Add(const PictureReport& picture, const std::filesystem::path& file, std::vector<Finding>& findings) {
    if (picture.width == 0) return;
    if (first_.empty()) {
      first_ = file, report_.type = picture.type;
    } else if (picture.type != report_.type) {
      findings.push_back({"other type", file.string(),
                          fmt::format("{} is of {} and {} of {}: an input's pictures have one type", first_.string(),
                                      SampleTypeName(report_.type), file.string(), SampleTypeName(picture.type))});
      return;
    }
    std::vector<BandStatistics> before = report_.bands;
    report_.Add(picture.bands);
    before.resize(report_.bands.size());
    widest_.resize(report_.bands.size());
    for (size_t band = 0; band < before.size(); band++) {
      const bool is_first = before[band].count() == 0;
      if (is_first || report_.bands[band].least() < before[band].least()) widest_[band].least = file;
      if (is_first || report_.bands[band].most() > before[band].most()) widest_[band].most = file;
    }
  }

  void CheckWhole(const std::string& folder, std::vector<Finding>& findings) const {
    if (report_.input.bands == 0) return;  // a picture in colour may well be grey
    for (size_t band = 0; band < report_.bands.size(); band++) {
      const BandStatistics& its = report_.bands[band];
      if (its.least() == its.most())
        findings.push_back(
            {"constant band", folder,
             fmt::format("Band {} of the input {} is {} in all pictures", band + 1, report_.input.name, its.least()),
             false});
      if (report_.type == SampleType::kFloat32)
        if (const std::optional<double> mark = MissingMark(its)) AddMissing(band, *mark, findings);
    }
  }

 private:
  /// The first pictures with the least and the most of a band.
  struct Widest {
    std::filesystem::path least, most;
  };

  void AddMissing(size_t band, double mark, std::vector<Finding>& findings) const {
    const BandStatistics& its = report_.bands[band];
    const bool is_least = mark == its.least();
    const std::string file = (is_least ? widest_[band].least : widest_[band].most).string();
    const std::string rest = its.least() == its.most() ? std::string("nothing else is there")
                                                       : fmt::format("all other samples are {:g} to {:g}",
                                                                     is_least ? its.second_least() : its.least(),
                                                                     is_least ? its.most() : its.second_most());
    findings.push_back(
        {"missing values", file,
         fmt::format(
             "Band {} of the input {} is {:g} in {}, and {}. If that stands for missing values: fcn knows none, "
             "and takes it for a sample, of which the network and the measured mean and deviation suffer. "
             "Write a number of the band's range in its place, such as its mean; where such pixels should not "
             "be learnt, ignore them in the labels",
             band + 1, report_.input.name, mark, file, rest),
         false});
  }

  InputReport& report_;
  std::filesystem::path first_;
  std::vector<Widest> widest_;  // of each band
};

/// The options that a head's classes were chosen by.
DatasetOptions OptionsOf(const DatasetOptions& options, size_t head) {
  DatasetOptions its = options;
  if (head > 0) its.classes.clear(), its.reduce_zero_label = false;
  return its;
}

}  // namespace

DatasetReport CheckDataset(const DatasetOptions& options, const Context& context,
                           FunctionRef<void(size_t done, size_t total)> progress, int64_t memory) {
  const Listing listing = ListDataset(options);
  const std::vector<DatasetClasses> heads = ChooseHeads(options, listing);
  DatasetReport report;
  report.kind = listing.kind;
  report.samples = listing.samples.size();
  report.findings = listing.missing;
  report.uncounted = listing.missing.size();
  for (const InputInfo& input : InputsOf(options)) report.inputs.push_back({.input = input});
  for (size_t k = 0; k < heads.size(); k++)
    report.heads.push_back({.name = HeadsOf(options)[k],
                            .classes = heads[k].names,
                            .classes_from = heads[k].from,
                            .frequencies = ClassFrequencies(heads[k].names.size())});
  std::vector<InputCheck> input_checks(report.inputs.begin(), report.inputs.end());
  std::vector<HeadCheck> head_checks;
  for (size_t k = 0; k < heads.size(); k++)
    head_checks.emplace_back(OptionsOf(options, k), listing.heads[k], heads[k].coding, report.heads[k]);

  std::vector<Finding> notes;  // of pictures: no errors

  // Block after block, because photographs in place of labels have counts of some megabytes each.
  constexpr size_t kBlock = 64;
  const SampleChecker checker(options, heads);
  MemoryGate gate(memory > 0 ? memory : TightestMemoryBound().available / 8);
  std::mutex mutex;
  size_t done = 0;
  for (size_t first = 0; first < report.samples; first += kBlock) {
    std::vector<SampleReport> block(std::min(kBlock, report.samples - first));
    context.Parallel(static_cast<int64_t>(block.size()), [&](int64_t task, int) {
      context.ThrowIfCancelled();
      const auto i = static_cast<size_t>(task);
      const SampleFiles& files = listing.samples[first + i];
      const auto [width, height] = LabelSize(files.labels[0], options.images);
      {
        const MemoryGate::Pass pass(gate, checker.BytesPerPixel() * width * height);
        block[i] = checker.Check(files);
      }
      const std::lock_guard lock(mutex);
      progress(++done, listing.samples.size());
    });
    for (size_t i = 0; i < block.size(); i++) {
      const SampleReport& sample = block[i];
      report.findings.insert(report.findings.end(), sample.findings.begin(), sample.findings.end());
      notes.insert(notes.end(), sample.notes.begin(), sample.notes.end());
      if (!sample.is_whole()) report.uncounted++;
      if (sample.pictures[0].width > 0) report.sizes[{sample.pictures[0].width, sample.pictures[0].height}]++;
      for (size_t k = 0; k < input_checks.size(); k++)
        input_checks[k].Add(sample.pictures[k], listing.samples[first + i].inputs[k], report.findings);
      for (size_t k = 0; k < head_checks.size(); k++) head_checks[k].Add(sample.labels[k]);
    }
  }
  if (report.samples == 0)
    report.findings.push_back({"no samples", options.folder, fmt::format("{} has no samples", options.folder)});
  report.findings.insert(report.findings.end(), notes.begin(), notes.end());
  for (const Finding& unused : listing.unused)
    report.findings.push_back({unused.kind, unused.file, unused.message, false});
  if (report.samples > 0) {
    for (const InputCheck& input : input_checks) input.CheckWhole(options.folder, report.findings);
    for (size_t k = 0; k < head_checks.size(); k++) {
      const size_t before = report.findings.size();
      head_checks[k].CheckWhole(report.samples, report.findings);
      if (head_checks.size() == 1) continue;
      for (size_t i = before; i < report.findings.size(); i++)
        report.findings[i].message = fmt::format("{}: {}", report.heads[k].name, report.findings[i].message);
    }
  }
  report.errors = static_cast<size_t>(std::ranges::count_if(report.findings, &Finding::is_error));
  return report;
}

}  // namespace fcn
