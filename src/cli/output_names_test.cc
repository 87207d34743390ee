#include "cli/output_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace fcn::cli {
namespace {

const std::vector<std::string> kOneHead = ResultEndings({""});

using testing::ElementsAre;

TEST(OutputNames, AreThePicturesWithoutTheirEndings) {
  const PicturePlace places[] = {
      {"/one", "photo.jpg"}, {"/one", "sub/photo.jpg"}, {"/two", "other.tar.png"}, {"/", "x"}};
  EXPECT_THAT(OutputNames(places, kOneHead), ElementsAre("photo", "sub/photo", "other.tar", "x"));
  EXPECT_THAT(OutputNames({}, kOneHead), ElementsAre());
}

TEST(OutputNames, KeepTheEndingsOfThoseThatWouldMeetAlone) {
  const PicturePlace places[] = {{"/in", "x.png"}, {"/in", "y.png"}, {"/in", "x.tif"}, {"/in", "sub/x.png"}};
  EXPECT_THAT(OutputNames(places, kOneHead), ElementsAre("x.png", "y", "x.tif", "sub/x"));
}

TEST(OutputNames, KnowWhatElseIsMadeOfAPicture) {
  for (const char* ending : {".overlay", ".heat"}) {
    const std::string name = std::string("plate") + ending + ".jpg";
    const PicturePlace places[] = {{"/in", "plate.jpg"}, {"/in", name}};
    EXPECT_THAT(OutputNames(places, kOneHead), ElementsAre("plate.jpg", name));
  }
  // plate.probs.png is a picture's labels, plate.probs.npy another's probabilities.
  const PicturePlace places[] = {{"/in", "plate.jpg"}, {"/in", "plate.probs.jpg"}};
  EXPECT_THAT(OutputNames(places, kOneHead), ElementsAre("plate", "plate.probs"));
}

TEST(OutputNames, GiveFoldersWhoseResultsWouldMeetAFolderEach) {
  const PicturePlace places[] = {
      {"/data/one", "a.jpg"}, {"/data/two", "a.png"}, {"/data/one", "b.jpg"}, {"/data/three", "c.jpg"}};
  EXPECT_THAT(OutputNames(places, kOneHead), ElementsAre("one/a", "two/a", "one/b", "c"));
}

TEST(OutputNames, TellFoldersOfEqualNamesApartByThoseAbove) {
  const PicturePlace places[] = {
      {"/data/a/images", "x.jpg"}, {"/data/b/images", "x.jpg"}, {"/data/c", "x.jpg"}, {"/images", "x.jpg"}};
  EXPECT_THAT(OutputNames(places, kOneHead), ElementsAre("a/images/x", "b/images/x", "c/x", "images/x"));
}

TEST(OutputNames, MayNeedAllOfThis) {
  // The folder p of one has the path that the folder above the other gives it.
  const PicturePlace places[] = {{"/1/p", "q/x.jpg"}, {"/2/p/q", "x.jpg"}, {"/3/q", "x.jpg"},
                                 {"/1/p", "x.png"},   {"/1/p", "x.tif"},   {"/1/p", "x.png.jpg"}};
  const std::vector<std::string> names = OutputNames(places, kOneHead);
  std::set<std::string> results;
  for (const std::string& name : names)
    for (const char* ending : kResultEndings) EXPECT_TRUE(results.insert(name + ending).second) << name << ending;
}

TEST(OutputNames, TellApartByNumbersWhatNothingElseDoes) {
  const PicturePlace places[] = {{"/in", "photo.overlay"}, {"/in", "photo"}};  // files that were given, without endings
  EXPECT_THAT(OutputNames(places, kOneHead), ElementsAre("photo.overlay-2", "photo"));
}

TEST(OutputNames, AreNoFoldersOfOthers) {
  const PicturePlace places[] = {{"/in", "a.jpg"}, {"/in", "a.png/x.jpg"}};
  EXPECT_THAT(OutputNames(places, kOneHead), ElementsAre("a.jpg", "a.png/x"));
}

TEST(OutputNames, DoNotDependOnTheOrder) {
  std::vector<PicturePlace> places = {{"/a/i", "x.jpg"}, {"/b/i", "x.jpg"},       {"/a/i", "x.png"},
                                      {"/c", "photo"},   {"/c", "photo.overlay"}, {"/d", "photo.jpg"}};
  const auto by_place = [&] {
    std::vector<std::pair<std::filesystem::path, std::string>> named;
    const std::vector<std::string> names = OutputNames(places, kOneHead);
    for (size_t i = 0; i < names.size(); i++) named.emplace_back(places[i].root / places[i].below, names[i]);
    std::sort(named.begin(), named.end());
    return named;
  };
  const auto expected = by_place();
  for (int turn = 0; turn < 20; turn++) {
    std::rotate(places.begin(), places.begin() + 1 + turn % 5, places.end());
    if (turn % 3 == 0) std::reverse(places.begin(), places.end());
    EXPECT_EQ(by_place(), expected);
  }
}

TEST(OutputNames, KnowTheHeads) {
  EXPECT_THAT(kOneHead, ElementsAre(".png", ".overlay.png", ".heat.png", ".probs.npy"));
  const std::vector<std::string> heads = ResultEndings({"class", "overlay"});
  EXPECT_THAT(heads, ElementsAre(".class.png", ".class.overlay.png", ".class.heat.png", ".class.probs.npy",
                                 ".overlay.png", ".overlay.overlay.png", ".overlay.heat.png", ".overlay.probs.npy"));
  // photo.class.overlay.png would be the overlay of one picture and the labels of the other.
  const std::vector<PicturePlace> places = {{"/f", "photo.jpg"}, {"/f", "photo.class.jpg"}, {"/f", "other.jpg"}};
  EXPECT_THAT(OutputNames(places, heads), ElementsAre("photo.jpg", "photo.class.jpg", "other"));
  EXPECT_THAT(OutputNames(places, ResultEndings({"class", "geometry"})), ElementsAre("photo", "photo.class", "other"));
}

}  // namespace
}  // namespace fcn::cli
