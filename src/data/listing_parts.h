#pragma once

#include <filesystem>
#include <string>

#include "data/listing.h"
#include "fcn/files.h"

/// What the listings of all layouts share.
namespace fcn {

bool IsFile(const std::filesystem::path& path);

/// A text file of at most so many bytes: of lists, or of classes. Throws as ReadFile does.
inline constexpr size_t kMostListBytes = size_t{1} << 28, kMostClassFileBytes = size_t{1} << 24;
std::string ReadListText(const std::filesystem::path& path, size_t most = kMostListBytes);

/// Adds a sample, or what it lacks to `missing`.
void AddSample(Listing& listing, const DatasetOptions& options, SampleFiles files);

/// Throws Error(kInput): two files "would be of the same picture".
[[noreturn]] void ThrowSameStem(const std::filesystem::path& one, const std::filesystem::path& other,
                                const std::string& what);

/// The names of the inputs, in order.
std::vector<std::string> InputNames(const DatasetOptions& options);

/// Throws Error(kInput): there is no folder of what, and what its parent holds.
[[noreturn]] void ThrowNoFolder(const std::filesystem::path& folder, const std::string& what,
                                const std::filesystem::path& parent);

/// JPEGImages and SegmentationClass with the list ImageSets/Segmentation/SPLIT.txt; the only list there is where no
/// split is named.
void ListVoc(Listing& listing, const DatasetOptions& options, const std::string& split);
/// Whether a folder has that list.
bool HasVocList(const std::filesystem::path& folder, const std::string& split);

}  // namespace fcn
