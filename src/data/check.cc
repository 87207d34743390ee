#include "data/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>

#include "base/file.h"
#include "base/machine.h"
#include "base/memory_gate.h"
#include "base/quoted.h"
#include "data/coding.h"
#include "data/palette_order.h"
#include "data/picture_sizes.h"
#include "data/text_lines.h"
#include "fcn/error.h"
#include "image/first_bytes.h"

namespace fcn {
namespace {

constexpr size_t kMostValues = 65536;  // photographs in place of labels have new values without end

/// What one sample adds to the report.
struct SampleReport {
  std::vector<Finding> findings, notes;
  int width = 0, height = 0;
  bool is_whole = false;  ///< whether both files could be read
  bool colours = false;
  ValueCounts counts;
  std::vector<int64_t> pixels;  ///< of each class
  int64_t ignored = 0, unknown = 0;
  /// What 255, where it is ignored and 0 is not, stands for in a set that was drawn as black and white.
  enum class Mask { kOther, kBlackAndWhite, kFewOthers, kIgnoredBeside, kObjects } mask = Mask::kOther;
};

/// How many masks of each form a set has.
using MaskCounts = std::map<SampleReport::Mask, size_t>;

/// The mistakes that a message's hint names come with it: a report has one line for each finding.
std::string WithHint(const Error& error) { return error.message() + ". " + error.hint(); }

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

/// A mask of 0 and 255, but for few pixels of other values, as a smooth brush leaves them, tells nothing by itself:
/// PASCAL VOC's labels without an object look so. It is the others beside it that do: whether any has 255 and objects.
SampleReport::Mask MaskOf(const SampleReport& report, const LabelCoding& coding) {
  using enum SampleReport::Mask;
  if (report.colours || coding.Meaning(255, false) != kIgnoredLabel) return kOther;
  const uint16_t background = coding.Meaning(0, false);
  if (background >= coding.classes) return kOther;
  const auto count = [&](uint32_t value) {
    const auto found = report.counts.find(value);
    return found == report.counts.end() ? 0 : found->second;
  };
  int64_t objects = 0;
  for (size_t i = 0; i < report.pixels.size(); i++)
    if (i != background) objects += report.pixels[i];
  constexpr int64_t kFew = 1000;
  constexpr size_t kEdges = 8;  // as many other values, and the mask was resized smoothly: no value means anything
  if (report.counts.size() > kEdges && report.unknown > 0) return kOther;
  if (count(0) > 0 && count(255) > 0 && objects <= count(255) / kFew) return objects == 0 ? kBlackAndWhite : kFewOthers;
  if (objects == 0) return kOther;
  return count(255) > 0 ? kIgnoredBeside : kObjects;
}

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
  report.mask = MaskOf(report, coding);
  if (std::string wrong = ContradictingPalette(stored, report.counts, coding, files.labels.string()); !wrong.empty())
    report.findings.push_back({"palette order", files.labels.string(), std::move(wrong)});
  if (report.unknown == 0 && report.counts.size() < kMostValues) return;
  try {
    Interpret(stored, coding, files.labels.string());
  } catch (const Error& error) {
    const bool lossy = error.hint().find("loss") != std::string::npos;
    report.findings.push_back({lossy ? "lossy labels" : "unknown value", files.labels.string(), WithHint(error)});
  }
}

/// The picture is dropped before its labels are read: one of both is enough to have in memory.
void CheckPicture(const SampleFiles& files, const ReadImageOptions& options, SampleReport& report) {
  std::vector<ImageNote> notes;
  const auto image = Try(files.image, report, [&] { return ReadImage(files.image.string(), options, &notes); });
  if (image) report.width = image->width, report.height = image->height;
  for (const ImageNote& note : notes)
    report.notes.push_back(
        {note.kind, files.image.string(), note.hint.empty() ? note.message : note.message + ". " + note.hint, false});
}

bool BeginsAsJpeg(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;  // opening a pipe would wait
  std::array<char, kJpegSignature.size()> start{};
  std::ifstream file(path, std::ios::binary);
  return file.read(start.data(), start.size()) && std::string_view(start.data(), start.size()) == kJpegSignature;
}

SampleReport CheckSample(const SampleFiles& files, const LabelCoding& coding, const ReadImageOptions& images) {
  SampleReport report;
  report.pixels.resize(static_cast<size_t>(coding.classes));
  CheckPicture(files, images, report);
  const auto stored = Try(files.labels, report, [&] {
    return DecodeStoredLabels(ReadLabelFile(files.labels, images), files.labels.string(), images);
  });
  if (!stored) {
    if (BeginsAsJpeg(files.labels)) report.findings.back().kind = "lossy labels";
    return report;
  }
  if (report.width > 0 && (report.width != stored->width || report.height != stored->height))
    report.findings.push_back(
        {"size mismatch", files.labels.string(),
         fmt::format("{} has {}x{} pixels, but its labels {} have {}x{}", files.image.string(), report.width,
                     report.height, files.labels.string(), stored->width, stored->height)});
  report.is_whole = report.width > 0;
  CheckLabels(files, coding, *stored, report);
  return report;
}

void Add(const SampleReport& sample, DatasetReport& report) {
  report.findings.insert(report.findings.end(), sample.findings.begin(), sample.findings.end());
  if (!sample.is_whole) report.uncounted++;
  if (sample.width > 0) report.sizes[{sample.width, sample.height}]++;
  ValueCounts& counts = sample.colours ? report.colours : report.values;
  for (const auto& [value, count] : sample.counts)
    if (counts.size() < kMostValues || counts.contains(value)) counts[value] += count;
  report.frequencies.AddCounts(sample.pixels);
  report.ignored_pixels += sample.ignored;
  report.unknown_pixels += sample.unknown;
}

void AddNote(DatasetReport& report, const std::string& kind, const std::string& file, const std::string& message) {
  report.findings.push_back({kind, file, message, false});
}

/// Masks of 0 and 255, where no other mask has 255 beside objects. As many of them as there are masks with objects, and
/// it is no accident, unless half of them have few pixels of other values: those may be points in what is not labelled.
bool FindBlackAndWhite(const DatasetOptions& options, const MaskCounts& masks, size_t counted, DatasetReport& report) {
  using enum SampleReport::Mask;
  const auto count = [&](SampleReport::Mask mask) { return masks.contains(mask) ? masks.at(mask) : 0; };
  const size_t few = count(kFewOthers), suspects = count(kBlackAndWhite) + few;
  if (suspects == 0 || count(kIgnoredBeside) > 0 || report.classes.size() < 2) return false;
  const bool is_error = 2 * few < suspects && (counted < 2 || suspects >= count(kObjects));
  report.findings.push_back(
      {"binary labels", options.folder,
       fmt::format("{} of {} labels are 0 or 255{}, and 255 is ignored: {}. Binary masks are read with --map 255:1",
                   suspects, report.samples, few > 0 ? " but for few pixels" : "",
                   counted < 2 ? "everything that counts is one class"
                   : few > 0   ? "little of what they show counts"
                               : "what they show does not count"),
       is_error});
  return is_error || counted >= 2;
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
  AddNote(report, "absent classes", options.folder, message);
}

/// Names that differ in case and blanks alone, which is mostly one class in two spellings.
void FindSimilarNames(const DatasetOptions& options, DatasetReport& report) {
  std::map<std::string, std::string> seen;
  for (const std::string& name : report.classes) {
    std::string plain;
    for (const char c : LowerCase(name))
      if (c != ' ' && c != '_' && c != '-') plain += c;
    if (const auto [other, is_new] = seen.emplace(plain, name); !is_new)
      AddNote(report, "similar names", options.folder,
              fmt::format("The classes {} and {} differ in case or blanks alone: are they one?", Quoted(other->second),
                          Quoted(name)));
  }
}

/// Names that look like others and differ from them.
void FindHiddenCharacters(const DatasetOptions& options, DatasetReport& report) {
  for (const std::string& name : report.classes)
    if (Shown(name) != name)
      AddNote(report, "hidden characters", options.folder,
              fmt::format("The class {} has characters that are not seen: write its name anew", Quoted(name)));
}

/// What all labels together tell may have been told by one of them.
void AddUnlessSaid(Finding finding, DatasetReport& report) {
  for (const Finding& other : report.findings)
    if (other.message.find(finding.message) != std::string::npos ||
        other.message.find("resized smoothly") != std::string::npos)
      return;
  report.findings.push_back(std::move(finding));
}

/// What gives a data set of which everything is one class another.
std::string OtherClasses(const DatasetOptions& options, const Listing& listing, const std::vector<std::string>& classes,
                         const std::string& present) {
  if (classes.size() > 1) return "Values that stand for the others are given with --map VALUE:CLASS";
  const std::vector<std::string>& known = listing.classes.names;
  const auto other = std::ranges::find_if(known, [&](const std::string& name) { return name != present; });
  if (std::ranges::find(known, present) == known.end())
    return fmt::format("Name what else there is, in the order of the label values: --classes 'background,{}'", present);
  if (other == known.end() || options.classes.empty())
    return fmt::format("Name what else there is in {}, a class a line in the order of the label values",
                       listing.classes_from);
  return fmt::format("Name more of the classes of {}: --classes '{},{}'", listing.classes_from, present, *other);
}

/// Mistakes that no single file shows.
void CheckWhole(const DatasetOptions& options, const Listing& listing, const LabelCoding& coding,
                const MaskCounts& masks, DatasetReport& report) {
  std::vector<std::string> present;
  for (size_t i = 0; i < report.classes.size(); i++)
    if (report.frequencies.pixels(i) > 0) present.push_back(report.classes[i]);
  if (report.unknown_pixels > 0)
    for (const bool colours : {false, true}) {
      const ValueCounts& counts = colours ? report.colours : report.values;
      if (std::ranges::any_of(counts,
                              [&](const auto& entry) { return coding.Meaning(entry.first, colours) == kUnknownLabel; }))
        AddUnlessSaid({"all values", options.folder, GuessMistake(counts, colours, coding)}, report);
    }
  FindSimilarNames(options, report);
  FindHiddenCharacters(options, report);
  if (FindBlackAndWhite(options, masks, present.size(), report) && present.size() < 2) return;
  if (report.unknown_pixels > 0 && present.size() < 2) return;  // whatever these are meant to be
  if (present.empty() && report.ignored_pixels > 0) {
    report.findings.push_back({"nothing counts", options.folder,
                               "All pixels of all labels are ignored. --map and --ignore-index say what label values "
                               "mean"});
  } else if (present.size() == 1) {
    report.findings.push_back({"one class", options.folder,
                               fmt::format("Everything that counts is {}, so that there is nothing to tell apart. {}",
                                           present[0], OtherClasses(options, listing, report.classes, present[0]))});
  } else {
    FindAbsentClasses(options, listing, report);
  }
}

}  // namespace

DatasetReport CheckDataset(const DatasetOptions& options, const Context& context,
                           FunctionRef<void(size_t done)> progress, int64_t memory) {
  const Listing listing = ListDataset(options);
  const DatasetClasses classes = ChooseClasses(options, listing);
  DatasetReport report;
  report.kind = listing.kind;
  report.samples = listing.samples.size();
  report.findings = listing.missing;
  report.uncounted = listing.missing.size();
  report.classes = classes.names;
  report.classes_from = classes.from;
  report.frequencies = ClassFrequencies(classes.names.size());

  std::vector<Finding> notes;  // of pictures: no errors

  // Block after block, because photographs in place of labels have counts of some megabytes each.
  constexpr size_t kBlock = 64;
  constexpr int64_t kBytesPerPixel = 8;  // of labels as they are stored and decoded, which are more than the picture's
  MemoryGate gate(memory > 0 ? memory : TightestMemoryBound().available / 8);
  MaskCounts masks;
  std::mutex mutex;
  size_t done = 0;
  for (size_t first = 0; first < report.samples; first += kBlock) {
    std::vector<SampleReport> block(std::min(kBlock, report.samples - first));
    context.Parallel(static_cast<int64_t>(block.size()), [&](int64_t task, int) {
      context.ThrowIfCancelled();
      const auto i = static_cast<size_t>(task);
      const SampleFiles& files = listing.samples[first + i];
      const auto [width, height] = PngSize(files.labels, options.images);
      {
        const MemoryGate::Pass pass(gate, kBytesPerPixel * width * height);
        block[i] = CheckSample(files, classes.coding, options.images);
      }
      const std::lock_guard lock(mutex);
      progress(++done);
    });
    for (const SampleReport& sample : block) {
      Add(sample, report);
      masks[sample.mask]++;
      notes.insert(notes.end(), sample.notes.begin(), sample.notes.end());
    }
  }
  if (report.samples == 0)
    report.findings.push_back({"no samples", options.folder, fmt::format("{} has no samples", options.folder)});
  report.findings.insert(report.findings.end(), notes.begin(), notes.end());
  for (const Finding& unused : listing.unused) AddNote(report, unused.kind, unused.file, unused.message);
  if (report.samples > 0) CheckWhole(options, listing, classes.coding, masks, report);
  report.errors = static_cast<size_t>(std::ranges::count_if(report.findings, &Finding::is_error));
  return report;
}

}  // namespace fcn
