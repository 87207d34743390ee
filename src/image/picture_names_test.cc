#include "fcn/picture_files.h"

#include <gtest/gtest.h>

namespace fcn::test {
namespace {

TEST(PictureNames, EndingsCountInSmallAndCapitalLetters) {
  for (const char* name : {"a.jpg", "a.JPG", "a.b.jpeg", "a.jpe", "download.jfif", "a.png", "a.tif", "a.TIFF", "a.webp",
                           "scan.bmp", "a.dib", "snap.gif", "IMG_0003.HEIC", "a.heif", "a.avif"})
    EXPECT_TRUE(HasPictureEnding(name)) << name;
  for (const char* name : {"Thumbs.db", "jpg", ".jpg", "a.jpg.txt", "a.jp", "a", "", "a.psd", "folder/a.json"})
    EXPECT_FALSE(HasPictureEnding(name)) << name;
}

TEST(PictureNames, MessagesListThem) {
  EXPECT_TRUE(PictureEndings().starts_with(".jpg, .jpeg, ")) << PictureEndings();
  EXPECT_TRUE(PictureEndings().ends_with(".heif or .avif")) << PictureEndings();
}

}  // namespace
}  // namespace fcn::test
