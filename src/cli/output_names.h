#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace fcn::cli {

/// The endings of all files that can be made of a picture for a head, whatever was asked for.
inline constexpr const char* kResultEndings[] = {".png", ".overlay.png", ".heat.png", ".probs.npy"};

/// What those of a head begin with: nothing where a model has one alone, else its name: ".geometry".
std::string HeadEnding(const std::string& head, size_t heads);

/// The endings of all heads together.
std::vector<std::string> ResultEndings(const std::vector<std::string>& heads);

/// Where a picture lies: the absolute path of the folder that was given, and its own path below it. Of a file that was
/// given, the folder that it is in.
struct PicturePlace {
  std::filesystem::path root, below;
};

/// For each picture the path, below the folder that is written to, from which the names of its results are made by
/// adding the endings. No two results have the same name, and the names depend on the set of places alone, not on
/// their order:
///   - sub/photo.jpg of a folder gives sub/photo;
///   - where results from two folders would meet, all from these folders lie in a folder each, named like the one that
///     was given, with as many of the folders above it as tell it apart: one/photo, two/photo, or a/one/photo,
///     b/one/photo;
///   - where results from one folder would meet, their pictures keep their endings: x.png, x.tif;
///   - where both are not enough, a number tells them apart: x.png-2.
/// The places are all different.
std::vector<std::string> OutputNames(std::span<const PicturePlace> places, const std::vector<std::string>& endings);

}  // namespace fcn::cli
