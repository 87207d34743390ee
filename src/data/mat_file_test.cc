#include "data/mat_file.h"

#include <gmock/gmock.h>
#include <matio.h>

#include "data/mat_samples.h"
#include "data/test_folder.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using test::MatBytes;
using test::MatType;
using test::MatWriter;
using testing::ElementsAre;

double Ramp(int x, int y) { return 10 * y + x; }

std::vector<uint32_t> Ramp3x2() { return {0, 1, 2, 10, 11, 12}; }

StoredLabels Decode(const MatBytes& bytes, const ReadImageOptions& options = {}) {
  return DecodeMat(bytes, "a.mat", options);
}

constexpr MatType kTypes[] = {test::kMatInt8,  test::kMatUint8,  test::kMatInt16,        test::kMatUint16,
                              test::kMatInt32, test::kMatUint32, test::kMatSingle,       test::kMatDouble,
                              test::kMatInt64, test::kMatUint64, test::kMatDoubleAsBytes};

TEST(MatFile, HasLabelsOfAnyTypeAndOrderPackedOrNot) {
  for (const bool big : {false, true})
    for (const bool packed : {false, true})
      for (const MatType& type : kTypes) {
        const MatWriter writer(big);
        const MatBytes matrix = writer.Numbers("S", 3, 2, type, Ramp);
        const MatBytes file = writer.File({packed ? writer.Packed(matrix) : matrix});
        EXPECT_TRUE(IsMat(file));
        const StoredLabels stored = Decode(file);
        EXPECT_EQ(std::pair(stored.width, stored.height), std::pair(3, 2));
        EXPECT_FALSE(stored.colours);
        EXPECT_EQ(stored.values, Ramp3x2()) << "type " << type.type << (big ? ", big end first" : "");
      }
}

TEST(MatFile, HasMoreLabelsThanAreReadAtOnce) {
  const MatWriter writer;
  const auto value = [](int x, int y) { return (7 * x + 3 * y) % 459; };
  const StoredLabels stored = Decode(writer.File({writer.Numbers("LabelMap", 131, 97, test::kMatUint16, value)}));
  for (int y = 0; y < 97; y++)
    for (int x = 0; x < 131; x++)
      ASSERT_EQ(stored.values[static_cast<size_t>(y * 131 + x)], static_cast<uint32_t>(value(x, y)));
}

TEST(MatFile, IsReadByTheVariablesOfTheDataSets) {
  EXPECT_EQ(Decode(test::SbdLabels(3, 2, Ramp)).values, Ramp3x2());
  const MatWriter writer;
  const auto other = [](int, int) { return 7.0; };
  const MatBytes names = writer.Cell("names", {writer.Numbers("", 3, 2, test::kMatDouble, other)});
  const MatBytes beside = writer.Numbers("depths", 3, 2, test::kMatSingle, other);
  for (const char* name : {"LabelMap", "S", "segmentation"})
    EXPECT_EQ(Decode(writer.File({names, beside, writer.Numbers(name, 3, 2, test::kMatUint8, Ramp)})).values,
              Ramp3x2());
  // One matrix alone may have any name; single numbers are none.
  const MatBytes mine = writer.Numbers("mine", 3, 2, test::kMatUint8, Ramp);
  const MatBytes version = writer.Numbers("version", 1, 1, test::kMatDouble, other);
  EXPECT_EQ(Decode(writer.File({version, names, mine})).values, Ramp3x2());
  ExpectError(ErrorCode::kInput, "no known label map: its variables are depths, mine", [&] {
    Decode(writer.File({beside, mine}));
  });
  ExpectError(ErrorCode::kInput, "no label map: its variables are names", [&] { Decode(writer.File({names})); });
  // Instances are no classes.
  ExpectError(ErrorCode::kInput, "no label map: its variables are GTinst", [&] {
    Decode(writer.File({writer.Struct("GTinst", {{"Segmentation", mine}})}));
  });
}

TEST(MatFile, KeepsMinusOneAsTheLargestValueAndNothingElseThatIsNoLabel) {
  const MatWriter writer;
  for (const MatType& type : {test::kMatInt8, test::kMatInt16, test::kMatInt32, test::kMatInt64, test::kMatDouble})
    EXPECT_THAT(Decode(writer.File({writer.Numbers("S", 2, 1, type, [](int x, int) { return x - 1; })})).values,
                ElementsAre(65535, 0));
  for (const double wrong : {-2.0, 0.5, 65536.0, 1e300, std::numeric_limits<double>::quiet_NaN()})
    ExpectError(ErrorCode::kInput, "at pixel (1, 2), which is no label", [&] {
      Decode(writer.File(
          {writer.Numbers("S", 2, 3, test::kMatDouble, [&](int x, int y) { return x == 1 && y == 2 ? wrong : 0; })}));
    });
}

TEST(MatFile, OfVersion73IsRefusedWithARemedy) {
  MatBytes file = MatWriter().File({});
  std::memcpy(file.data(), "MATLAB 7.3", 10);
  EXPECT_TRUE(IsMat(file));
  ExpectError(ErrorCode::kUnsupported, "HDF5 inside (version 7.3)", [&] { Decode(file); });
}

TEST(MatFile, ClaimsNothingThatItDoesNotHave) {
  const MatWriter writer;
  const auto numbers = [&](const std::vector<int32_t>& dimensions, size_t bytes) {
    return writer.Matrix("S", 9, dimensions, {writer.Element(2, MatBytes(bytes))});
  };
  const auto refuse = [&](const MatBytes& element, const char* part) {
    for (const MatBytes& its : {element, writer.Packed(element)})
      ExpectError(ErrorCode::kInput, part, [&] { Decode(writer.File({its})); });
  };
  refuse(numbers({3, 2}, 5), "labels of 1 bytes are in 5");
  refuse(numbers({0, 2}, 8), "has no pixels");
  refuse(numbers({-3, 2}, 8), "has no pixels");
  ExpectError(ErrorCode::kMemory, "pixels", [&] { Decode(writer.File({numbers({1 << 30, 1 << 30}, 8)})); });
  ExpectError(ErrorCode::kMemory, "limit", [&] { Decode(writer.File({numbers({3, 3}, 9)}), {.max_pixels = 8}); });
  refuse(numbers({40000, 1000}, 8), "labels of 1 bytes are in 8");
  refuse(writer.Matrix("S", 9, {1, 2}, {writer.Element(2, {1, 2}), writer.Element(2, {1, 2})}, 0x800), "complex");
  refuse(writer.Matrix("S", 9, {1, 2}, {writer.Element(16, {1, 2})}), "have the type 16");
  refuse(writer.Matrix("S", 9, {1, 2}, {}), "longer than what it is in");
  MatBytes longer = numbers({1, 9}, 9);
  longer[4] = 255;  // the outer element's size
  ExpectError(ErrorCode::kInput, "an element of", [&] { Decode(writer.File({longer})); });
}

TEST(MatFile, MayEndOrBeDamagedAnywhere) {
  const MatBytes plain = MatWriter().File({MatWriter().Numbers("S", 5, 4, test::kMatUint16, Ramp)});
  for (const MatBytes& whole : {plain, test::SbdLabels(5, 4, Ramp)})
    for (size_t at = 0; at < whole.size(); at++) {
      ExpectError(ErrorCode::kInput, "a.mat", [&] { Decode({whole.begin(), whole.begin() + static_cast<long>(at)}); });
      for (const int bit : {1, 16, 128}) {
        MatBytes damaged = whole;
        damaged[at] = static_cast<uint8_t>(damaged[at] ^ bit);
        try {
          EXPECT_LE(Decode(damaged).values.size(), 5000u);
        } catch (const Error& error) {
          EXPECT_NE(error.code(), ErrorCode::kInternal);
          EXPECT_FALSE(error.hint().empty());
        }
      }
    }
}

TEST(MatFile, NestedAsDeepAsItLikesTakesNoStack) {
  const MatWriter writer;
  MatBytes element = writer.Numbers("", 1, 1, test::kMatUint8, Ramp);
  for (int depth = 0; depth < 2000; depth++) element = writer.Struct("", {{"a", element}});
  ExpectError(ErrorCode::kInput, "no label map", [&] {
    Decode(writer.File({writer.Struct("GTcls", {{"a", element}})}));
  });
}

class MatFiles : public test::DataTest {};

/// Those of version 4, and of HDF5 without MATLAB's header, as other programs write them.
TEST_F(MatFiles, OfOtherKindsAreToldHowToBeSaved) {
  const std::string version4{"\0\0\0\0\x1e\0\0\0\x28\0\0\0\0\0\0\0\2\0\0\0S\0", 22}, hdf5 = "\x89HDF\r\n\x1a\n";
  for (const std::string& bytes : {version4, hdf5, std::string()}) {
    WriteFile(Path("a.mat"), bytes);
    ExpectError(ErrorCode::kInput, "a.mat is no file of MATLAB's version 5",
                [&] { DecodeStoredLabels(ReadLabelFile(Path("a.mat")), Path("a.mat")); });
  }
  ExpectError(ErrorCode::kInput, "it is empty", [] { DecodeStoredLabels({}, "a.mat"); });
}

TEST(MatFile, DamagedIsToldWhatMakesItAnew) {
  MatBytes file = test::SbdLabels(9, 9, Ramp);
  file.resize(file.size() / 2);
  ExpectError(ErrorCode::kInput, "save its labels anew: with save -v7", [&] { Decode(file); });
  file.resize(60);
  ExpectError(ErrorCode::kInput, "save its labels anew: with save -v7", [&] { Decode(file); });
}

TEST_F(MatFiles, TellTheirSizeWithoutBeingRead) {
  const MatWriter writer;
  WriteFile(Path("a.mat"), writer.File({writer.Numbers("S", 30, 20, test::kMatDouble, Ramp)}));
  WriteFile(Path("b.mat"), test::SbdLabels(31, 21, Ramp));
  WriteFile(Path("c.mat"), std::string("MATLAB 5.0 MAT-file"));
  WriteFile(Path("d.mat"), writer.File({writer.Matrix("S", 9, {1 << 30, 1 << 30}, {writer.Element(2, MatBytes(8))})}));
  EXPECT_EQ(MatSize(Path("a.mat"), {}), std::pair(30, 20));
  EXPECT_EQ(MatSize(Path("b.mat"), {}), std::pair(31, 21));
  for (const char* none : {"c.mat", "d.mat", "e.mat", ""}) EXPECT_EQ(MatSize(Path(none), {}), std::pair(0, 0)) << none;
}

/// A second opinion of the format: what MATLAB's best-known imitation writes.
TEST_F(MatFiles, OfLibmatioAreRead) {
  for (const matio_compression packing : {MAT_COMPRESSION_NONE, MAT_COMPRESSION_ZLIB}) {
    const std::string path = Path(packing == MAT_COMPRESSION_NONE ? "plain.mat" : "packed.mat");
    mat_t* file = Mat_CreateVer(path.c_str(), nullptr, MAT_FT_MAT5);
    ASSERT_NE(file, nullptr);
    std::vector<uint8_t> labels;
    for (int x = 0; x < 50; x++)
      for (int y = 0; y < 40; y++) labels.push_back(static_cast<uint8_t>((x + 2 * y) % 21));
    size_t size[] = {40, 50}, one[] = {1, 1}, two[] = {2, 1};
    double present[] = {1, 2};
    const char* fields[] = {"Boundaries", "Segmentation", "CategoriesPresent"};
    matvar_t* set = Mat_VarCreateStruct("GTcls", 2, one, fields, 3);
    matvar_t* cell[] = {Mat_VarCreate(nullptr, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, two, present, 0), nullptr};
    Mat_VarSetStructFieldByName(set, fields[0], 0, Mat_VarCreate(nullptr, MAT_C_CELL, MAT_T_CELL, 2, one, cell, 0));
    Mat_VarSetStructFieldByName(set, fields[1], 0,
                                Mat_VarCreate(nullptr, MAT_C_UINT8, MAT_T_UINT8, 2, size, labels.data(), 0));
    Mat_VarSetStructFieldByName(set, fields[2], 0,
                                Mat_VarCreate(nullptr, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, two, present, 0));
    ASSERT_EQ(Mat_VarWrite(file, set, packing), 0);
    Mat_VarFree(set);
    Mat_Close(file);
    EXPECT_EQ(MatSize(path, {}), std::pair(50, 40));
    const StoredLabels stored = DecodeStoredLabels(ReadLabelFile(path), path);
    for (int y = 0; y < 40; y++)
      for (int x = 0; x < 50; x++)
        ASSERT_EQ(stored.values[static_cast<size_t>(50 * y + x)], static_cast<uint32_t>((x + 2 * y) % 21));
  }
}

}  // namespace
}  // namespace fcn
