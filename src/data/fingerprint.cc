#include "data/fingerprint.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>
#include <filesystem>
#include <memory>
#include <mutex>
#include <new>
#include <string_view>

#include "data/coding.h"
#include "data/listing.h"
#include "fcn/files.h"

namespace fcn {
namespace {

constexpr size_t kEnd = 4096;  // bytes of either end of a file
constexpr size_t kDigits = 8;

/// XXH3; every bit of it depends on every byte, so that the lower half is as good a hash.
class Hash {
 public:
  Hash() : state_(XXH3_createState(), XXH3_freeState) {
    if (!state_) throw std::bad_alloc();
    XXH3_64bits_reset(state_.get());
  }

  /// With the length behind, so that no two lists of texts are alike.
  void Add(std::string_view bytes) {
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
    Add(static_cast<int64_t>(bytes.size()));
  }
  void Add(int64_t number) {
    uint8_t bytes[sizeof number];
    for (size_t i = 0; i < sizeof number; i++) bytes[i] = static_cast<uint8_t>(number >> 8 * i);
    XXH3_64bits_update(state_.get(), bytes, sizeof bytes);
  }
  uint32_t value() const { return static_cast<uint32_t>(XXH3_64bits_digest(state_.get())); }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

/// Nothing for what is missing or no regular file: the check of the data says so, and opening a pipe would wait.
void AddFile(const std::filesystem::path& path, Hash& hash) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  const bool is_unknown = status.type() == std::filesystem::file_type::none;  // opening it says why
  if (!is_unknown && !std::filesystem::is_regular_file(status)) return;
  const FileEnds ends = ReadEnds(path, kEnd);
  hash.Add(ends.size);
  hash.Add(std::string_view(reinterpret_cast<const char*>(ends.bytes.data()), ends.bytes.size()));
}

uint32_t MeaningOf(const std::vector<DatasetClasses>& heads) {
  Hash hash;
  for (const DatasetClasses& classes : heads) {
    for (const std::string& name : classes.names) hash.Add(name);
    for (const uint16_t meaning : classes.coding.of_value) hash.Add(meaning);
    for (const auto& [colour, meaning] : classes.coding.of_colour) hash.Add(colour), hash.Add(meaning);
  }
  return hash.value();
}

}  // namespace

DataFingerprint FingerprintData(const DatasetOptions& options, const Context& context,
                                FunctionRef<void(size_t done)> progress) {
  const Listing listing = ListDataset(options);
  DataFingerprint fingerprint;
  fingerprint.meaning = MeaningOf(ChooseHeads(options, listing));
  fingerprint.samples.resize(listing.samples.size());
  std::mutex mutex;
  size_t done = 0;
  context.Parallel(static_cast<int64_t>(listing.samples.size()), [&](int64_t i, int) {
    const SampleFiles& sample = listing.samples[static_cast<size_t>(i)];
    Hash hash;
    hash.Add(sample.name);
    for (const auto& files : {sample.inputs, sample.labels})
      for (const std::filesystem::path& file : files) AddFile(file, hash);
    fingerprint.samples[static_cast<size_t>(i)] = hash.value();
    const std::lock_guard lock(mutex);
    progress(++done);
  });
  return fingerprint;
}

DataFingerprint FingerprintNames(const Dataset& dataset) {
  DataFingerprint fingerprint;
  Hash meaning;
  for (const HeadInfo& head : dataset.heads())
    for (const std::string& name : head.classes) meaning.Add(name);
  fingerprint.meaning = meaning.value();
  for (size_t i = 0; i < dataset.size(); i++) {
    Hash sample;
    sample.Add(dataset.name(i));
    fingerprint.samples.push_back(sample.value());
  }
  return fingerprint;
}

std::string PrintFingerprint(const DataFingerprint& fingerprint) {
  std::string text = fmt::format("{:08x}", fingerprint.meaning);
  for (const uint32_t sample : fingerprint.samples) text += fmt::format("{:08x}", sample);
  return text;
}

bool ParseFingerprint(const std::string& text, DataFingerprint& fingerprint) {
  if (text.empty() || text.size() % kDigits != 0) return false;
  std::vector<uint32_t> numbers;
  for (const char* at = text.data(); at < text.data() + text.size(); at += kDigits) {
    const auto [end, error] = std::from_chars(at, at + kDigits, numbers.emplace_back(), 16);
    if (error != std::errc() || end != at + kDigits) return false;
  }
  fingerprint.meaning = numbers.front();
  fingerprint.samples.assign(numbers.begin() + 1, numbers.end());
  return true;
}

}  // namespace fcn
