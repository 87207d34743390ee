#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// Files of MATLAB's version 5 for tests: of either order of bytes, of any type of numbers, packed or not.
namespace fcn::test {

using MatBytes = std::vector<uint8_t>;

/// What an element of numbers is: its type in the file, and that of the matrix that it is in.
struct MatType {
  uint32_t type;
  int of_class;
  size_t bytes;
};
inline constexpr MatType kMatInt8{1, 8, 1}, kMatUint8{2, 9, 1}, kMatInt16{3, 10, 2}, kMatUint16{4, 11, 2},
    kMatInt32{5, 12, 4}, kMatUint32{6, 13, 4}, kMatSingle{7, 7, 4}, kMatDouble{9, 6, 8}, kMatInt64{12, 14, 8},
    kMatUint64{13, 15, 8};
/// MATLAB stores doubles that are small whole numbers so.
inline constexpr MatType kMatDoubleAsBytes{2, 6, 1};

class MatWriter {
 public:
  explicit MatWriter(bool big = false) : big_(big) {}

  template <typename T>
  void Put(MatBytes& to, T number) const {
    MatBytes bytes(sizeof(T));
    std::memcpy(bytes.data(), &number, sizeof(T));
    if (big_) std::ranges::reverse(bytes);
    to.insert(to.end(), bytes.begin(), bytes.end());
  }

  /// A tag and its data; small where that has at most 4 bytes.
  MatBytes Element(uint32_t type, const MatBytes& data) const {
    MatBytes element;
    const auto size = static_cast<uint32_t>(data.size());
    if (size > 0 && size <= 4 && type < 14) {
      Put(element, size << 16 | type);
    } else {
      Put(element, type);
      Put(element, size);
    }
    element.insert(element.end(), data.begin(), data.end());
    while (type != 15 && element.size() % 8 != 0) element.push_back(0);
    return element;
  }

  MatBytes Matrix(const std::string& name, int of_class, const std::vector<int32_t>& dimensions,
                  const std::vector<MatBytes>& contents, uint32_t flags = 0) const {
    MatBytes two, sizes, body;
    Put(two, static_cast<uint32_t>(of_class) | flags);
    Put(two, uint32_t{0});
    for (const int32_t dimension : dimensions) Put(sizes, dimension);
    for (const MatBytes& part : {Element(6, two), Element(5, sizes), Element(1, {name.begin(), name.end()})})
      body.insert(body.end(), part.begin(), part.end());
    for (const MatBytes& part : contents) body.insert(body.end(), part.begin(), part.end());
    return Element(14, body);
  }

  /// value(x, y), stored column by column.
  MatBytes Numbers(const std::string& name, int width, int height, const MatType& type,
                   const std::function<double(int, int)>& value) const {
    MatBytes data;
    for (int x = 0; x < width; x++)
      for (int y = 0; y < height; y++) PutNumber(data, type, value(x, y));
    return Matrix(name, type.of_class, {height, width}, {Element(type.type, data)});
  }

  /// A structure of one element.
  MatBytes Struct(const std::string& name, const std::vector<std::pair<std::string, MatBytes>>& fields) const {
    constexpr size_t kLength = 32;
    MatBytes length, names;
    Put(length, static_cast<int32_t>(kLength));
    std::vector<MatBytes> contents;
    for (const auto& [field, element] : fields) {
      names.insert(names.end(), field.begin(), field.end());
      names.resize(kLength * (contents.size() + 1));
      contents.push_back(element);
    }
    contents.insert(contents.begin(), {Element(5, length), Element(1, names)});
    return Matrix(name, 2, {1, 1}, contents);
  }

  MatBytes Cell(const std::string& name, const std::vector<MatBytes>& elements) const {
    return Matrix(name, 1, {static_cast<int32_t>(elements.size()), 1}, elements);
  }

  MatBytes Packed(const MatBytes& element) const {
    uLongf size = compressBound(static_cast<uLong>(element.size()));
    MatBytes packed(size);
    compress2(packed.data(), &size, element.data(), static_cast<uLong>(element.size()), 9);
    packed.resize(size);
    return Element(15, packed);
  }

  MatBytes File(const std::vector<MatBytes>& elements) const {
    const std::string text = "MATLAB 5.0 MAT-file, written by a test of fcn";
    MatBytes file(text.begin(), text.end());
    file.resize(116, ' ');
    file.resize(124, 0);
    Put(file, uint16_t{0x0100});
    Put(file, uint16_t{0x4d49});  // "MI", read in the other order "IM"
    for (const MatBytes& element : elements) file.insert(file.end(), element.begin(), element.end());
    return file;
  }

 private:
  void PutNumber(MatBytes& data, const MatType& type, double value) const {
    switch (type.type) {
      case 1:
        return Put(data, static_cast<int8_t>(value));
      case 2:
        return Put(data, static_cast<uint8_t>(value));
      case 3:
        return Put(data, static_cast<int16_t>(value));
      case 4:
        return Put(data, static_cast<uint16_t>(value));
      case 5:
        return Put(data, static_cast<int32_t>(value));
      case 6:
        return Put(data, static_cast<uint32_t>(value));
      case 7:
        return Put(data, static_cast<float>(value));
      case 9:
        return Put(data, value);
      case 12:
        return Put(data, static_cast<int64_t>(value));
      default:
        return Put(data, static_cast<uint64_t>(value));
    }
  }

  bool big_;
};

/// SBD's cls/NAME.mat: boundaries and categories stand beside the labels.
inline MatBytes SbdLabels(int width, int height, const std::function<double(int, int)>& value) {
  const MatWriter writer;
  const auto one = [](int, int) { return 1.0; };
  return writer.File({writer.Packed(
      writer.Struct("GTcls", {{"Boundaries", writer.Cell("", {writer.Numbers("", width, height, kMatDouble, one),
                                                              writer.Matrix("", 5, {height, width}, {})})},
                              {"Segmentation", writer.Numbers("", width, height, kMatUint8, value)},
                              {"CategoriesPresent", writer.Numbers("", 1, 2, kMatDouble, one)}}))});
}

}  // namespace fcn::test
