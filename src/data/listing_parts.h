#pragma once

#include <filesystem>
#include <string>

#include "data/listing.h"
#include "fcn/files.h"
#include "fcn/function_ref.h"

/// What the listings of all layouts share.
namespace fcn {

bool IsFile(const std::filesystem::path& path);

/// A text file of at most so many bytes: of lists, or of classes. Throws as ReadFile does.
inline constexpr size_t kMostListBytes = size_t{1} << 28, kMostClassFileBytes = size_t{1} << 24;
std::string ReadListText(const std::filesystem::path& path, size_t most = kMostListBytes);

/// Adds a sample, or what it lacks to `missing`.
void AddSample(Listing& listing, const DatasetOptions& options, SampleFiles files);

/// The folders of inputs or heads: `folder` makes one from what stands behind its usual name, "-depth", or nothing for
/// the layout's own. That is the first one's, where it has none by its name.
std::vector<std::filesystem::path> RoleFolders(const std::vector<std::string>& names,
                                               FunctionRef<std::filesystem::path(const std::string& ending)> folder);

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
