#include "data/mat_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "data/mat_stream.h"
#include "fcn/error.h"
#include "fcn/function_ref.h"
#include "image/codec.h"

namespace fcn {
namespace {

constexpr std::string_view kVersion5 = "MATLAB 5.0 MAT-file", kVersion73 = "MATLAB 7.3 MAT-file";
constexpr size_t kHeaderBytes = 128, kVersionAt = 124, kOrderAt = 126;

// Types of elements.
enum : uint32_t { kInt8 = 1, kUint8, kInt16, kUint16, kInt32, kUint32, kSingle, kDouble = 9, kInt64 = 12, kUint64 };
enum : uint32_t { kMatrix = 14, kCompressed = 15 };
// Classes of matrices: those of numbers follow each other.
enum : int { kStruct = 2, kFirstNumbers = 6, kLastNumbers = 15, kOpaque = 17 };
constexpr uint32_t kComplexFlag = 0x800;

constexpr const char* kLabelsHint =
    "Labels are a matrix called LabelMap, S or segmentation, the field Segmentation of GTcls (SBD), or the only matrix "
    "of the file.";

[[noreturn]] void ThrowDamaged(const Source& source, const std::string& detail) {
  throw Error(
      ErrorCode::kInput, fmt::format("{} is a truncated or corrupt MATLAB file: {}", source.name, detail),
      "Fetch the file again from where it came, or save its labels anew: with save -v7 (MATLAB, Octave), or as a "
      "PNG.");
}

bool BeginsWith(std::span<const uint8_t> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// Bytes of a number of a type; 0 where it is no number's.
size_t WidthOf(uint32_t type) {
  switch (type) {
    case kInt8:
    case kUint8:
      return 1;
    case kInt16:
    case kUint16:
      return 2;
    case kInt32:
    case kUint32:
    case kSingle:
      return 4;
    case kDouble:
    case kInt64:
    case kUint64:
      return 8;
    default:
      return 0;
  }
}

template <typename T>
T Number(const uint8_t* bytes, bool swapped) {
  std::array<uint8_t, sizeof(T)> own;
  std::memcpy(own.data(), bytes, sizeof(T));
  if (swapped) std::ranges::reverse(own);
  return std::bit_cast<T>(own);
}

/// As a double, which holds exactly all that labels may be.
double NumberOf(uint32_t type, const uint8_t* bytes, bool swapped) {
  switch (type) {
    case kInt8:
      return Number<int8_t>(bytes, swapped);
    case kUint8:
      return *bytes;
    case kInt16:
      return Number<int16_t>(bytes, swapped);
    case kUint16:
      return Number<uint16_t>(bytes, swapped);
    case kInt32:
      return Number<int32_t>(bytes, swapped);
    case kUint32:
      return Number<uint32_t>(bytes, swapped);
    case kSingle:
      return double{Number<float>(bytes, swapped)};
    case kDouble:
      return Number<double>(bytes, swapped);
    case kInt64:
      return static_cast<double>(Number<int64_t>(bytes, swapped));
    default:
      return static_cast<double>(Number<uint64_t>(bytes, swapped));
  }
}

/// What stands before an element's data.
struct Tag {
  uint32_t type = 0;
  uint32_t size = 0;                          ///< of the data, in bytes
  std::optional<std::array<uint8_t, 4>> own;  ///< the data of a small element
};

/// A matrix of any class, but for its contents.
struct MatrixHead {
  int of_class = 0;
  bool is_complex = false;
  std::vector<int32_t> dimensions = {};
  std::string name = {};

  bool is_numbers() const { return of_class >= kFirstNumbers && of_class <= kLastNumbers && dimensions.size() == 2; }
};

/// The bytes of one element, of which no more are taken than it has.
class Element {
 public:
  Element(const Source& source, MatStream& stream, uint64_t bytes, bool swapped)
      : source_(source), stream_(stream), left_(bytes), swapped_(swapped) {}

  [[noreturn]] void Fail(const std::string& detail) const { ThrowDamaged(source_, detail); }

  uint64_t left() const { return left_; }
  bool swapped() const { return swapped_; }

  void Read(uint8_t* to, size_t count) {
    if (count > left_) Fail("an element is longer than what it is in");
    if (!stream_.Read(to, count)) Fail("it ends in the middle of an element");
    left_ -= count;
  }

  void Skip(uint64_t count) {
    std::array<uint8_t, 1 << 14> scratch;
    while (count > 0) {
      const auto some = static_cast<size_t>(std::min<uint64_t>(count, scratch.size()));
      Read(scratch.data(), some);
      count -= some;
    }
  }

  Tag ReadTag() {
    std::array<uint8_t, 8> bytes;
    Read(bytes.data(), bytes.size());
    const auto first = Number<uint32_t>(bytes.data(), swapped_);
    if (first >> 16 == 0) return {first, Number<uint32_t>(bytes.data() + 4, swapped_), {}};
    Tag tag{first & 0xffff, first >> 16, std::array<uint8_t, 4>{bytes[4], bytes[5], bytes[6], bytes[7]}};
    if (tag.size > tag.own->size()) Fail(fmt::format("a small element has {} bytes", tag.size));
    return tag;
  }

  /// The data of an element that is `what` and has at most `most` bytes.
  std::vector<uint8_t> ReadSmall(const Tag& tag, uint32_t type, size_t most, const char* what) {
    if (tag.type != type || tag.size > most)
      Fail(fmt::format("{} have the type {} and {} bytes", what, tag.type, tag.size));
    if (tag.own) return {tag.own->begin(), tag.own->begin() + tag.size};
    std::vector<uint8_t> data(tag.size);
    Read(data.data(), data.size());
    SkipPadding(tag.size);
    return data;
  }

  /// Elements begin at multiples of 8 bytes.
  void SkipPadding(uint64_t size) { Skip(std::min<uint64_t>((8 - size % 8) % 8, left_)); }

  MatrixHead ReadHead() {
    constexpr size_t kMostDimensions = 64, kLongestName = 4096;
    const std::vector<uint8_t> flags = ReadSmall(ReadTag(), kUint32, 8, "a matrix's flags");
    if (flags.size() != 8) Fail("a matrix's flags are cut short");
    const auto bits = Number<uint32_t>(flags.data(), swapped_);
    MatrixHead head{static_cast<int>(bits & 0xff), (bits & kComplexFlag) != 0};
    if (head.of_class == kOpaque) return head;  // an object of MATLAB, which has nothing of what follows
    const std::vector<uint8_t> dimensions = ReadSmall(ReadTag(), kInt32, 4 * kMostDimensions, "a matrix's dimensions");
    for (size_t i = 0; i + 4 <= dimensions.size(); i += 4)
      head.dimensions.push_back(Number<int32_t>(&dimensions[i], swapped_));
    const std::vector<uint8_t> name = ReadSmall(ReadTag(), kInt8, kLongestName, "a matrix's name");
    head.name.assign(name.begin(), name.end());
    return head;
  }

  Element Inner(uint64_t bytes) {
    if (bytes > left_) Fail("an element is longer than what it is in");
    return {source_, stream_, bytes, swapped_};
  }
  void Leave(const Element& inner, uint64_t bytes) { left_ -= bytes - inner.left_; }

 private:
  const Source& source_;
  MatStream& stream_;
  uint64_t left_;
  bool swapped_;
};

/// Called with a matrix of numbers, its path ("S", "GTcls.Segmentation"), and the element behind its head; true ends
/// the walk.
using Visit = FunctionRef<bool(const std::string& path, const MatrixHead& head, Element& element)>;

/// The fields of a structure, without what is in them but numbers.
bool WalkFields(const MatrixHead& head, Element& element, Visit visit) {
  constexpr size_t kLongestField = 64, kMostFields = 256;
  if (head.dimensions != std::vector<int32_t>{1, 1}) return false;
  const std::vector<uint8_t> length = element.ReadSmall(element.ReadTag(), kInt32, 4, "a structure's names");
  const int32_t longest = length.size() == 4 ? Number<int32_t>(length.data(), element.swapped()) : 0;
  if (longest < 1 || longest > static_cast<int32_t>(kLongestField))
    element.Fail(fmt::format("the names of a structure have {} letters", longest));
  const std::vector<uint8_t> names =
      element.ReadSmall(element.ReadTag(), kInt8, kLongestField * kMostFields, "a structure's names");
  for (size_t at = 0; at + static_cast<size_t>(longest) <= names.size(); at += static_cast<size_t>(longest)) {
    std::string field(names.begin() + static_cast<std::ptrdiff_t>(at),
                      names.begin() + static_cast<std::ptrdiff_t>(at) + longest);
    field.resize(std::min(field.find('\0'), field.size()));
    const Tag tag = element.ReadTag();
    if (tag.type != kMatrix || tag.own) element.Fail("a field of a structure is no matrix");
    if (tag.size == 0) continue;  // an empty one
    Element inner = element.Inner(tag.size);
    const MatrixHead of_field = inner.ReadHead();
    if (of_field.is_numbers() && visit(head.name + "." + field, of_field, inner)) return true;
    inner.Skip(inner.left());
    element.Leave(inner, tag.size);
    element.SkipPadding(tag.size);
  }
  return false;
}

/// One variable. Adds its name to `names`, for messages.
bool WalkVariable(Element& element, Visit visit, std::vector<std::string>& names) {
  constexpr size_t kMostNames = 8;
  const MatrixHead head = element.ReadHead();
  if (names.size() < kMostNames && !head.name.empty()) names.push_back(head.name);
  if (head.is_numbers()) return visit(head.name, head, element);
  return head.of_class == kStruct && WalkFields(head, element, visit);
}

/// The variables of a file in their order, until one ends the walk.
void Walk(const Source& source, Visit visit, std::vector<std::string>& names) {
  const std::span<const uint8_t> bytes = source.bytes;
  const auto fail = [&](const std::string& detail) { ThrowDamaged(source, detail); };
  if (BeginsWith(bytes, kVersion73))
    ThrowUnsupported(source, "MATLAB file", "HDF5 inside (version 7.3)",
                     "Save it anew in MATLAB with save -v7, or its labels as a PNG.");
  if (bytes.size() < kHeaderBytes) fail("its header is cut short");
  const bool big = bytes[kOrderAt] == 'M' && bytes[kOrderAt + 1] == 'I';
  if (!big && (bytes[kOrderAt] != 'I' || bytes[kOrderAt + 1] != 'M')) fail("it does not say its order of bytes");
  const bool swapped = big == (std::endian::native == std::endian::little);
  if (const auto version = Number<uint16_t>(&bytes[kVersionAt], swapped); version != 0x0100)
    fail(fmt::format("its version is {:#06x}", version));
  for (size_t at = kHeaderBytes; at < bytes.size();) {
    if (bytes.size() - at < 8) fail("it ends in the middle of an element");
    const auto type = Number<uint32_t>(&bytes[at], swapped), size = Number<uint32_t>(&bytes[at + 4], swapped);
    at += 8;
    if (size > bytes.size() - at) fail(fmt::format("an element of {} bytes is in a file of {}", size, bytes.size()));
    const std::span<const uint8_t> data = bytes.subspan(at, size);
    if (type == kMatrix && size > 0) {
      const std::unique_ptr<MatStream> stream = PlainStream(data);
      Element element(source, *stream, size, swapped);
      if (WalkVariable(element, visit, names)) return;
    } else if (type == kCompressed) {
      const std::unique_ptr<MatStream> stream = UnpackedStream(data);
      Element whole(source, *stream, uint64_t{size} * kMostUnpacked, swapped);
      const Tag tag = whole.ReadTag();
      if (tag.type != kMatrix || tag.own) fail("what is packed is no matrix");
      if (tag.size > 0) {
        Element element = whole.Inner(tag.size);
        if (WalkVariable(element, visit, names)) return;
      }
    }
    const size_t padding = type == kCompressed ? 0 : (8 - size % 8) % 8;
    at += std::min(size + padding, bytes.size() - at);
  }
}

bool IsKnown(const std::string& path) {
  return path == "GTcls.Segmentation" || path == "LabelMap" || path == "S" || path == "segmentation";
}

/// Calls `use` with the label map.
void UseLabels(const Source& source, FunctionRef<void(const MatrixHead& head, Element& element)> use) {
  bool is_used = false;
  std::vector<std::string> others, names;
  const auto use_known = [&](const std::string& path, const MatrixHead& head, Element& element) {
    if (IsKnown(path)) {
      use(head, element);
      return is_used = true;
    }
    const bool is_map = int64_t{head.dimensions[0]} * head.dimensions[1] > 1;
    if (is_map && path == head.name && others.size() < 2) others.push_back(path);  // a variable, no field
    return false;
  };
  Walk(source, use_known, names);
  if (is_used) return;
  if (others.size() != 1)
    throw Error(
        ErrorCode::kInput,
        fmt::format("{} has {} label map: its variables are {}", source.name, others.empty() ? "no" : "no known",
                    names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))),
        kLabelsHint);
  const auto use_only = [&](const std::string& path, const MatrixHead& head, Element& element) {
    if (path != others[0]) return false;
    use(head, element);
    return true;
  };
  Walk(source, use_only, names);
}

uint32_t LabelOf(double number, const Source& source, size_t x, size_t y) {
  constexpr double kMost = 65535;
  if (number >= 0 && number <= kMost && number == std::floor(number)) return static_cast<uint32_t>(number);
  if (number == -1) return static_cast<uint32_t>(kMost);
  throw Error(ErrorCode::kInput,
              fmt::format("{} has {} at pixel ({}, {}), which is no label", source.name, number, x, y),
              "Labels are whole numbers from 0 to 65535, and -1 for what does not count.");
}

/// Numbers are stored column by column.
StoredLabels ReadNumbers(const Source& source, const MatrixHead& head, Element& element) {
  const int32_t height = head.dimensions[0], width = head.dimensions[1];
  if (head.is_complex) element.Fail("its labels are complex numbers");
  const Tag tag = element.ReadTag();
  const size_t bytes = WidthOf(tag.type);
  if (bytes == 0) element.Fail(fmt::format("its labels have the type {}", tag.type));
  CheckPixels(source, width, height);
  const uint64_t pixels = static_cast<uint64_t>(height) * static_cast<uint64_t>(width), size = tag.size;
  if (size != pixels * bytes || (!tag.own && size > element.left()))
    element.Fail(fmt::format("{}x{} labels of {} bytes are in {}", width, height, bytes, size));
  StoredLabels stored{width, height, false, {}, {}};
  stored.values.resize(static_cast<size_t>(pixels));
  constexpr size_t kAtOnce = 4096;
  std::vector<uint8_t> buffer(kAtOnce * bytes);
  size_t x = 0, y = 0;
  for (uint64_t done = 0; done < pixels; done += kAtOnce) {
    const auto count = static_cast<size_t>(std::min<uint64_t>(kAtOnce, pixels - done));
    if (tag.own)
      std::copy_n(tag.own->begin(), count * bytes, buffer.begin());
    else
      element.Read(buffer.data(), count * bytes);
    for (size_t i = 0; i < count; i++) {
      const double number = NumberOf(tag.type, &buffer[i * bytes], element.swapped());
      stored.values[y * static_cast<size_t>(width) + x] = LabelOf(number, source, x, y);
      if (++y == static_cast<size_t>(height)) y = 0, x++;
    }
  }
  return stored;
}

}  // namespace

bool IsMat(std::span<const uint8_t> bytes) { return BeginsWith(bytes, kVersion5) || BeginsWith(bytes, kVersion73); }

StoredLabels DecodeMat(std::span<const uint8_t> bytes, const std::string& name, const ReadImageOptions& options) {
  const Source source{bytes, name, options};
  StoredLabels stored;
  UseLabels(source, [&](const MatrixHead& head, Element& element) { stored = ReadNumbers(source, head, element); });
  return stored;
}

std::pair<int, int> MatSize(const std::filesystem::path& path, const ReadImageOptions& options) {
  constexpr size_t kMostRead = size_t{1} << 20;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};  // opening a pipe would wait
  const auto file_bytes = static_cast<int64_t>(std::filesystem::file_size(path, error));
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return {};
  std::vector<uint8_t> bytes(std::min(static_cast<size_t>(file_bytes), kMostRead));
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()))) return {};
  std::pair<int, int> size;
  const std::string name = path.string();
  try {
    UseLabels({bytes, name, options}, [&](const MatrixHead& head, Element&) {
      const int64_t height = head.dimensions[0], width = head.dimensions[1];
      if (height < 1 || width < 1) return;
      // A file may claim anything. What no decoder would read must not be planned for.
      const int64_t most = std::min(MostPixels(options, file_bytes), file_bytes * kMostUnpacked);
      if (width <= most / height) size = {head.dimensions[1], head.dimensions[0]};
    });
  } catch (const Error&) {  // reading it says what is wrong
    return {};
  }
  return size;
}

}  // namespace fcn
