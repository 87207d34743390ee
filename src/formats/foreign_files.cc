#include "formats/foreign_files.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "formats/protobuf_fields.h"

namespace fcn {
namespace {

using namespace std::string_view_literals;

constexpr char kSaveTorch[] =
    "Load it with the program that wrote it and save the weights with torch.save(model.state_dict(), path) or as "
    "safetensors.";
constexpr char kSaveHdf5[] =
    "Load it with the program that wrote it and save the weights with torch.save(model.state_dict(), path) or as "
    "safetensors; what Caffe wrote (.caffemodel.h5) it saves as a .caffemodel that is read here: net.save(path).";
constexpr char kGiveCaffeWeights[] = "Give the trained weights, too: fcn import net.prototxt net.caffemodel.";
constexpr char kGiveCaffeModel[] = "Give the network's trained weights: .caffemodel.";
constexpr char kUnpack[] = "Unpack it first.";
constexpr char kFetchAgain[] =
    "This is not the file itself: fetch it again, and look at what the server or git-lfs says.";
constexpr char kOtherFile[] = "Give the file of weights itself: .pth or .safetensors.";

/// Files that say what they are at a fixed place.
struct Magic {
  size_t offset;
  std::string_view bytes;
  const char* what;
  const char* hint;
};
constexpr Magic kMagics[] = {
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file, as Keras, MATLAB and Caffe write it", kSaveHdf5},
    {512, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file, as Keras, MATLAB and Caffe write it", kSaveHdf5},
    {0, "MATLAB "sv, "a MATLAB file, as MatConvNet has it", kSaveTorch},
    {0, "\x1f\x8b"sv, "compressed by gzip", kUnpack},
    {0, "BZh"sv, "compressed by bzip2", kUnpack},
    {0,
     "\xfd"
     "7zXZ"sv,
     "compressed by xz", kUnpack},
    {0, "\x28\xb5\x2f\xfd"sv, "compressed by zstd", kUnpack},
    {0, "\x04\x22\x4d\x18"sv, "compressed by lz4", kUnpack},
    {0, "7z\xbc\xaf"sv, "a 7z archive", kUnpack},
    {0, "Rar!"sv, "a RAR archive", kUnpack},
    {257, "ustar"sv, "a tar archive", kUnpack},
    {0, "GGUF"sv, "a GGUF file", kSaveTorch},
    {0, "\x93NUMPY"sv, "a NumPy array", kSaveTorch},
    {4, "TFL3"sv, "a TensorFlow Lite model", kSaveTorch},
    {4, "ET12"sv, "an ExecuTorch program", kSaveTorch},
    {0, "7767517\n"sv, "an ncnn model", kSaveTorch},
    {0, "\x12\x01\0\0\0\0\0\0"sv, "a file of MXNet parameters", kSaveTorch},
    {0, "\4\0\0\0\1\0\0\0\3\0\0\0V 1"sv, "a file of Torch 7 (.t7)", kSaveTorch},
    {0, "\0\0\0\0\2\0\0\0"sv, "a file of Darknet weights", kSaveTorch},
    {0, "ptrt"sv, "a TensorRT engine", kSaveTorch},
    {0, "ftrt"sv, "a TensorRT engine", kSaveTorch},
    {0, "\xff\xd8\xff"sv, "a JPEG picture", kOtherFile},
    {0, "\x89PNG\r\n\x1a\n"sv, "a PNG picture", kOtherFile},
    {0,
     "\x7f"
     "ELF"sv,
     "a program", kOtherFile},
    {0, "version https://git-lfs"sv, "a Git LFS pointer", kFetchAgain},
};

std::string_view Text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool HasAt(std::span<const uint8_t> bytes, size_t offset, std::string_view magic) {
  return bytes.size() >= offset && Text(bytes).substr(offset).starts_with(magic);
}

/// The last eight bytes of LevelDB's tables, which the .index of a TensorFlow checkpoint is.
bool LooksLikeTensorFlowIndex(std::span<const uint8_t> bytes) {
  constexpr std::string_view kMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb"sv;
  return bytes.size() >= kMagic.size() && HasAt(bytes, bytes.size() - kMagic.size(), kMagic);
}

ForeignFile RecogniseText(std::span<const uint8_t> bytes) {
  constexpr size_t kBeginning = 4096;
  std::string_view text = Text(bytes).substr(0, kBeginning);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const auto begins = [&](std::string_view lower) {
    return text.size() >= lower.size() && std::ranges::equal(lower, text.substr(0, lower.size()), {}, {}, [](char c) {
             return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
           });
  };
  const auto has = [&](std::string_view part) { return text.find(part) != text.npos; };
  if (begins("<!doctype") || begins("<html")) return {"a web page", kFetchAgain};
  if (begins("<?xml") || begins("<net"))
    return has("<net") ? ForeignFile{"the description of an OpenVINO network, without its weights", kSaveTorch}
                       : ForeignFile{"an XML file, which may be a server's answer", kFetchAgain};
  if (begins("{"))
    return has("weight_map") ? ForeignFile{"the index of weights in several files",
                                           "Load them in Python and save one file: safetensors.torch.save_file."}
                             : ForeignFile{"a JSON file", kOtherFile};
  if ((begins("name:") || begins("layer")) && has("layer") && has("{"))
    return {"the description of a Caffe network (.prototxt), without its weights", kGiveCaffeWeights};
  return {};
}

/// MessagePack of a short map whose first key is a short text, as Flax saves its parameters.
bool LooksLikeFlax(std::span<const uint8_t> bytes) {
  if (bytes.size() < 3 || bytes[0] < 0x81 || bytes[0] > 0x8f || bytes[1] < 0xa1 || bytes[1] > 0xbf) return false;
  const size_t length = bytes[1] & 0x1f;
  return bytes.size() > 2 + length && IsPrintable(Text(bytes.subspan(2, length)));
}

/// Paddle's raw tensors: versions and level of detail, all 0, in 16 bytes, then the length of a short description,
/// which begins with the type.
bool LooksLikePaddleTensors(std::span<const uint8_t> bytes) {
  constexpr size_t kZeros = 16, kDescription = kZeros + 4;
  return bytes.size() > kDescription + 1 && std::ranges::count(bytes.first(kZeros), 0) == kZeros && bytes[kZeros] > 0 &&
         std::ranges::count(bytes.subspan(kZeros + 1, 3), 0) == 3 && bytes[kDescription] == 0x08;
}

ForeignFile RecognisePickle(std::span<const uint8_t> bytes) {
  if (bytes.size() < 2 || bytes[0] != 0x80 || bytes[1] > 5) return {};
  if (Text(bytes).find("StructuredToParameterName@@") != std::string_view::npos)
    return {"a state of Paddle (.pdparams)", kSaveTorch};
  return {"a plain pickle, not one of torch.save", "Save the weights with torch.save(state_dict, path)."};
}

/// Protocol buffers say nothing of themselves but the numbers of their fields.
ForeignFile RecogniseProtobuf(std::span<const uint8_t> bytes) {
  const auto fields = ReadProtobufFields(bytes);
  if (fields.empty()) return {};
  const auto is = [&](size_t i, uint32_t number, bool is_bytes) {
    return fields.size() > i && fields[i].number == number && fields[i].is_bytes == is_bytes;
  };
  // BlobProto: four sizes or a shape (7), then elements as float32 (5) or float64 (8).
  const auto is_blob_field = [](const ProtobufField& f) {
    return f.number <= 4 ? f.number > 0 && !f.is_bytes : f.number == 7 ? f.is_bytes : f.number <= 9;
  };
  const auto has_elements = [](const ProtobufField& f) { return f.number == 5 || f.number == 8; };
  if ((is(0, 1, false) || is(0, 5, true) || is(0, 7, true)) && std::ranges::all_of(fields, is_blob_field) &&
      std::ranges::any_of(fields, has_elements))
    return {"a mean image of Caffe (.binaryproto)", kGiveCaffeModel};
  // SolverState: an iteration, and where it saved the network.
  if (is(0, 1, false) && is(1, 2, true) && fields[1].text.find(".caffemodel") != std::string_view::npos)
    return {"the state of a solver of Caffe (.solverstate)", kGiveCaffeModel};
  // A version first. SavedModel and Core ML go on with a message, ONNX with its producer's name, the graph (7) or the
  // operator sets (8).
  if (is(0, 1, false)) {
    if (is(1, 2, true) && !IsPrintable(fields[1].text))
      return fields[0].value == 1 && fields.size() == 2 ? ForeignFile{"a SavedModel of TensorFlow", kSaveTorch}
                                                        : ForeignFile{"a Core ML model", kSaveTorch};
    if (is(1, 2, true) || is(1, 7, true) || is(1, 8, true)) return {"an ONNX model", kSaveTorch};
  }
  // GraphDef: nodes (1), each of which begins with a name (1) and an operation (2).
  if (is(0, 1, true)) {
    const auto node =
        ReadProtobufFields({reinterpret_cast<const uint8_t*>(fields[0].text.data()), fields[0].text.size()});
    if (node.size() >= 2 && node[0].number == 1 && node[1].number == 2 && IsPrintable(node[0].text) &&
        IsPrintable(node[1].text))
      return {"a graph of TensorFlow (.pb)", kSaveTorch};
  }
  return {};
}

}  // namespace

ForeignFile RecogniseForeignFile(std::span<const uint8_t> bytes) {
  for (const Magic& row : kMagics)
    if (HasAt(bytes, row.offset, row.bytes)) return {row.what, row.hint};
  if (LooksLikeTensorFlowIndex(bytes)) return {"the index of a TensorFlow checkpoint", kSaveTorch};
  if (LooksLikePaddleTensors(bytes)) return {"a file of Paddle parameters (.pdiparams)", kSaveTorch};
  if (LooksLikeFlax(bytes)) return {"a MessagePack file, as Flax saves its parameters", kSaveTorch};
  for (const ForeignFile& found : {RecogniseText(bytes), RecognisePickle(bytes), RecogniseProtobuf(bytes)})
    if (found.what != nullptr) return found;
  return {};
}

}  // namespace fcn
