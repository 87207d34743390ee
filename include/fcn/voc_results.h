#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fcn/export.h"

/// Result files as the evaluation server of PASCAL VOC takes them: for each picture of a split an 8-bit palette PNG of
/// its own size, whose indices are VOC's (0 background, 1 aeroplane, …, 20 tvmonitor) and whose palette is VocPalette.
/// The labels of the test split are not published, so that it takes such files to be scored on it.
namespace fcn {

/// What is handed in for what.
struct FCN_API VocTask {
  std::string edition = "VOC2012";  ///< the challenge's
  int competition = 6;              ///< 5: trained on VOC's pictures alone; 6: on others as well, such as ImageNet's
  std::string split;                ///< "test", "val"
};

/// "comp6_test_cls", as the folder of such files is called, for the data in a folder whose name is the edition
/// (VOC2012, VOC2011, …; of any other name VOC2012). Throws Error(kUsage) for other text.
FCN_API VocTask ParseVocTask(const std::string& text, const std::filesystem::path& folder);

/// Where the server looks for a picture's file: "results/VOC2012/Segmentation/comp6_test_cls/2008_000001.png".
FCN_API std::filesystem::path VocResultPath(const VocTask& task, const std::string& name);

struct FCN_API VocPicture {
  std::string name;
  std::filesystem::path file;
};

/// The pictures JPEGImages/NAME.jpg of which ImageSets/Segmentation/SPLIT.txt has the names, in its order; they need no
/// labels. Throws Error(kIo) where the list cannot be read; Error(kInput) where there is none, a name is none of a
/// picture's or comes twice, or pictures are missing.
FCN_API std::vector<VocPicture> ListVocPictures(const std::filesystem::path& folder, const std::string& split);

/// The index that VOC has for each class, by its name. Throws Error(kUsage) for a name that VOC does not have.
FCN_API std::vector<uint16_t> VocIndices(std::span<const std::string> classes);

}  // namespace fcn
