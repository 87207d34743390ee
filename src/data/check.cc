#include "data/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/file.h"
#include "base/quoted.h"
#include "data/coding.h"
#include "fcn/error.h"

namespace fcn {
namespace {

/// What one sample adds to the report.
struct SampleReport {
  std::vector<Finding> findings, notes;
  int width = 0, height = 0;
  bool colours = false;
  ValueCounts counts;
  std::vector<int64_t> pixels;  ///< of each class
  int64_t ignored = 0, unknown = 0;
};

/// The mistakes that a message's hint names come with it: a report has one line for each finding.
std::string WithHint(const Error& error) {
  return error.hint().empty() ? error.message() : error.message() + ". " + error.hint();
}

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

bool IsJpeg(std::span<const uint8_t> bytes) { return bytes.size() > 2 && bytes[0] == 0xff && bytes[1] == 0xd8; }

void CheckLabels(const SampleFiles& files, const LabelCoding& coding, const StoredLabels& stored,
                 SampleReport& report) {
  report.colours = stored.colours;
  report.counts = CountValues(stored);
  for (const auto& [value, count] : report.counts) {
    const uint16_t meaning = coding.Meaning(value, stored.colours);
    (meaning == kIgnoredLabel   ? report.ignored
     : meaning == kUnknownLabel ? report.unknown
                                : report.pixels[meaning]) += count;
  }
  try {
    Interpret(stored, coding, files.labels.string());
  } catch (const Error& error) {
    const bool lossy = error.hint().find("loss") != std::string::npos;
    report.findings.push_back({lossy ? "lossy labels" : "unknown value", files.labels.string(), WithHint(error)});
  }
}

SampleReport CheckSample(const SampleFiles& files, const LabelCoding& coding, const ReadImageOptions& images) {
  SampleReport report;
  report.pixels.resize(static_cast<size_t>(coding.classes));
  std::vector<ImageNote> notes;
  const auto image = Try(files.image, report, [&] { return ReadImage(files.image.string(), images, &notes); });
  for (const ImageNote& note : notes)
    report.notes.push_back(
        {note.kind, files.image.string(), note.message + (note.hint.empty() ? "" : ". " + note.hint)});
  if (image) report.width = image->width, report.height = image->height;
  const auto bytes = Try(files.labels, report, [&] { return ReadFile(files.labels); });
  if (!bytes) return report;
  const auto stored =
      Try(files.labels, report, [&] { return DecodeStoredLabels(*bytes, files.labels.string(), images); });
  if (!stored) {
    if (IsJpeg(*bytes)) report.findings.back().kind = "lossy labels";
    return report;
  }
  if (image && (image->width != stored->width || image->height != stored->height))
    report.findings.push_back(
        {"size mismatch", files.labels.string(),
         fmt::format("{} has {}x{} pixels, but its labels {} have {}x{}", files.image.string(), image->width,
                     image->height, files.labels.string(), stored->width, stored->height)});
  CheckLabels(files, coding, *stored, report);
  return report;
}

void Add(const SampleReport& sample, DatasetReport& report) {
  report.findings.insert(report.findings.end(), sample.findings.begin(), sample.findings.end());
  if (sample.width > 0) report.sizes[{sample.width, sample.height}]++;
  constexpr size_t kMost = 65536;  // photographs in place of labels have new values without end
  ValueCounts& counts = sample.colours ? report.colours : report.values;
  for (const auto& [value, count] : sample.counts)
    if (counts.size() < kMost || counts.contains(value)) counts[value] += count;
  report.frequencies.AddCounts(sample.pixels);
  report.ignored_pixels += sample.ignored;
  report.unknown_pixels += sample.unknown;
}

/// Classes that never occur, and what that may tell of the names.
void FindAbsentClasses(const DatasetOptions& options, const Listing& listing, DatasetReport& report) {
  std::string absent;
  size_t count = 0;
  for (size_t i = 0; i < report.classes.size(); i++)
    if (report.frequencies.pixels(i) == 0) absent += (count++ == 0 ? "" : ", ") + report.classes[i];
  if (count == 0) return;
  std::string message = fmt::format("These classes never occur: {}", absent);
  if (listing.has_published_classes && options.classes.empty())
    message += fmt::format(". The names are {}'s; classes of your own are named in {}/classes.txt, or by --classes",
                           listing.classes_from, options.folder);
  else if (count == 1 && report.frequencies.pixels(0) == 0 && report.classes.size() > 2 && !options.reduce_zero_label)
    message += ". Where 0 does not count, as in ADE20K: leave that class out, with --reduce-zero-label";
  report.findings.push_back({"absent classes", options.folder, std::move(message)});
}

/// Names that differ in case and blanks alone, which is mostly one class in two spellings.
void FindSimilarNames(const DatasetOptions& options, DatasetReport& report) {
  std::map<std::string, std::string> seen;
  for (const std::string& name : report.classes) {
    std::string plain;
    for (const char c : name)
      if (c != ' ' && c != '_' && c != '-') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (const auto [other, is_new] = seen.emplace(plain, name); !is_new)
      report.findings.push_back({"similar names", options.folder,
                                 fmt::format("The classes {} and {} differ in case or blanks alone: are they one?",
                                             Quoted(other->second), Quoted(name))});
  }
}

/// What all labels together tell may have been told by one of them.
void AddUnlessSaid(Finding finding, DatasetReport& report) {
  for (const Finding& other : report.findings)
    if (other.message.find(finding.message) != std::string::npos) return;
  report.findings.push_back(std::move(finding));
}

/// Mistakes that no single file shows.
void CheckWhole(const DatasetOptions& options, const Listing& listing, const LabelCoding& coding,
                DatasetReport& report) {
  const auto& values = report.values;
  if (values.size() == 2 && values.contains(0) && values.contains(255) && options.ignore_index == 255 &&
      report.classes.size() >= 2 && report.frequencies.pixels(1) == 0) {
    report.findings.push_back({"binary labels", options.folder,
                               "All labels are 0 or 255, and 255 is ignored: everything that counts is one class. "
                               "Binary masks are read with --map 255:1"});
    report.errors++;
    return;
  }
  if (report.unknown_pixels > 0)
    for (const bool colours : {false, true}) {
      const ValueCounts& counts = colours ? report.colours : report.values;
      if (std::ranges::any_of(counts,
                              [&](const auto& entry) { return coding.Meaning(entry.first, colours) == kUnknownLabel; }))
        AddUnlessSaid({"all values", options.folder, GuessMistake(counts, colours, coding)}, report);
    }
  FindAbsentClasses(options, listing, report);
  FindSimilarNames(options, report);
  if (report.frequencies.valid_pixels() == 0 && report.unknown_pixels == 0 && report.ignored_pixels > 0) {
    report.findings.push_back({"nothing counts", options.folder, "All pixels of all labels are ignored"});
    report.errors++;
  }
}

}  // namespace

DatasetReport CheckDataset(const DatasetOptions& options, const Context& context,
                           FunctionRef<void(size_t done)> progress) {
  const Listing listing = ListDataset(options);
  const DatasetClasses classes = ChooseClasses(options, listing);
  DatasetReport report;
  report.kind = listing.kind;
  report.samples = listing.samples.size();
  report.findings = listing.missing;
  report.classes = classes.names;
  report.frequencies = ClassFrequencies(classes.names.size());

  std::vector<Finding> notes;  // of pictures: no errors

  // Block after block, because photographs in place of labels have counts of some megabytes each.
  constexpr size_t kBlock = 64;
  std::mutex mutex;
  size_t done = 0;
  for (size_t first = 0; first < report.samples; first += kBlock) {
    std::vector<SampleReport> block(std::min(kBlock, report.samples - first));
    context.Parallel(static_cast<int64_t>(block.size()), [&](int64_t task, int) {
      context.ThrowIfCancelled();
      const auto i = static_cast<size_t>(task);
      block[i] = CheckSample(listing.samples[first + i], classes.coding, options.images);
      const std::lock_guard lock(mutex);
      progress(++done);
    });
    for (const SampleReport& sample : block) {
      Add(sample, report);
      notes.insert(notes.end(), sample.notes.begin(), sample.notes.end());
    }
  }
  if (report.samples == 0)
    report.findings.push_back({"no samples", options.folder, fmt::format("{} has no samples", options.folder)});
  report.errors = report.findings.size();
  report.findings.insert(report.findings.end(), notes.begin(), notes.end());
  report.findings.insert(report.findings.end(), listing.unused.begin(), listing.unused.end());
  if (report.samples > 0) CheckWhole(options, listing, classes.coding, report);
  return report;
}

}  // namespace fcn
