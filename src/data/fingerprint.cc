#include "data/fingerprint.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "data/coding.h"
#include "data/listing.h"

namespace fcn {
namespace {

constexpr int64_t kEnd = 4096;  // bytes of either end of a file
constexpr size_t kDigits = 8;

/// FNV-1a, folded.
class Hash {
 public:
  void Add(std::string_view bytes) {
    for (const char c : bytes) Mix(static_cast<uint8_t>(c));
    Add(static_cast<int64_t>(bytes.size()));
  }
  void Add(int64_t number) {
    for (int i = 0; i < 8; i++) Mix(static_cast<uint8_t>(number >> 8 * i));
  }
  uint32_t value() const { return static_cast<uint32_t>(state_ ^ state_ >> 32); }

 private:
  void Mix(uint8_t byte) { state_ = (state_ ^ byte) * 0x100000001b3; }

  uint64_t state_ = 0xcbf29ce484222325;
};

void AddFile(const std::filesystem::path& path, Hash& hash) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return;  // opening a pipe would wait
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path, error));
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return;
  hash.Add(size);
  for (const int64_t at : {int64_t{0}, std::max(kEnd, size - kEnd)}) {
    if (at >= size) break;
    std::string bytes(static_cast<size_t>(std::min(kEnd, size - at)), '\0');
    if (!file.seekg(at).read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return;
    hash.Add(bytes);
  }
}

uint32_t MeaningOf(const DatasetClasses& classes) {
  Hash hash;
  for (const std::string& name : classes.names) hash.Add(name);
  for (const uint16_t meaning : classes.coding.of_value) hash.Add(meaning);
  for (const auto& [colour, meaning] : classes.coding.of_colour) hash.Add(colour), hash.Add(meaning);
  return hash.value();
}

}  // namespace

DataFingerprint FingerprintData(const DatasetOptions& options, const Context& context) {
  const Listing listing = ListDataset(options);
  DataFingerprint fingerprint;
  fingerprint.meaning = MeaningOf(ChooseClasses(options, listing));
  fingerprint.samples.resize(listing.samples.size());
  context.Parallel(static_cast<int64_t>(listing.samples.size()), [&](int64_t i, int) {
    const SampleFiles& sample = listing.samples[static_cast<size_t>(i)];
    Hash hash;
    hash.Add(sample.name);
    AddFile(sample.image, hash);
    AddFile(sample.labels, hash);
    fingerprint.samples[static_cast<size_t>(i)] = hash.value();
  });
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
