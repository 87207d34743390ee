#pragma once

#include <filesystem>
#include <string>

#include "base/folder.h"
#include "data/listing.h"

/// What the listings of all layouts share.
namespace fcn {

bool IsFile(const std::filesystem::path& path);

/// A text file of at most so many bytes: of lists, or of classes. Throws as ReadFile does.
inline constexpr size_t kMostListBytes = size_t{1} << 28, kMostClassFileBytes = size_t{1} << 24;
std::string ReadListText(const std::filesystem::path& path, size_t most = kMostListBytes);

/// Adds a sample, or what it lacks to `missing`.
void AddSample(Listing& listing, const std::string& name, const std::filesystem::path& image,
               const std::filesystem::path& labels);

/// JPEGImages and SegmentationClass with the list ImageSets/Segmentation/SPLIT.txt; the only list there is where no
/// split is named.
void ListVoc(Listing& listing, const std::filesystem::path& folder, const std::string& split);
/// Whether a folder has that list.
bool HasVocList(const std::filesystem::path& folder, const std::string& split);

}  // namespace fcn
