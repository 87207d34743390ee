#include "fcn/voc_results.h"

#include <gmock/gmock.h>

#include "data/test_folder.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::ElementsAre;

class VocResults : public test::DataTest {};

TEST_F(VocResults, ATaskIsTheNameOfItsFolder) {
  const VocTask task = ParseVocTask("comp5_val_cls", "/data/VOCdevkit/VOC2011/");
  EXPECT_EQ(VocResultPath(task, "2008_000001"), "results/VOC2011/Segmentation/comp5_val_cls/2008_000001.png");
  EXPECT_EQ(VocResultPath(ParseVocTask("comp6_my_part_cls", "pictures"), "a b"),
            "results/VOC2012/Segmentation/comp6_my_part_cls/a b.png");
  for (const char* other : {"", "comp6", "comp4_test_cls", "comp6_test_det", "comp6__cls", "comp66_test_cls",
                            "comp6_../x_cls", "comp6_.._cls", "test"})
    ExpectError(ErrorCode::kUsage, "no task of PASCAL VOC's server", [&] { ParseVocTask(other, "VOC2012"); });
}

TEST_F(VocResults, PicturesOfAListNeedNoLabels) {
  for (const char* name : {"one", "two"}) Picture(std::string("JPEGImages/") + name + ".jpg", 4, 3);
  WriteFile(Path("ImageSets/Segmentation/test.txt"), std::string("two\none\n"));
  std::vector<std::string> names;
  for (const VocPicture& picture : ListVocPictures(folder_, "test")) {
    names.push_back(picture.name);
    EXPECT_TRUE(std::filesystem::exists(picture.file)) << picture.file;
  }
  EXPECT_THAT(names, ElementsAre("two", "one"));

  const auto refused = [&](const std::string& list, const char* message) {
    WriteFile(Path("ImageSets/Segmentation/test.txt"), list);
    ExpectError(ErrorCode::kInput, message, [&] { ListVocPictures(folder_, "test"); });
  };
  refused("one\none\n", "\"one\", which is there already");
  refused("../one\n", "is no name of a picture");
  refused("one\nthree\n", "1 of 2 pictures");
  ExpectError(ErrorCode::kInput, "val.txt", [&] { ListVocPictures(folder_, "val"); });
}

TEST_F(VocResults, ClassesHaveVocsIndicesWhateverTheModelsOrder) {
  EXPECT_THAT(VocIndices(std::vector<std::string>{"background", "tvmonitor", "cat", "person"}),
              ElementsAre(0, 20, 8, 15));
  ExpectError(ErrorCode::kUsage, "Did you mean aeroplane?", [] { VocIndices(std::vector<std::string>{"airplane"}); });
}

}  // namespace
}  // namespace fcn
