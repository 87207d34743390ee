#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "formats/caffe/net.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// Whether bytes are a network of Caffe's with its weights (.caffemodel), of any generation, as far as one can tell
/// from the numbers of the first fields.
bool LooksLikeCaffeModel(std::span<const uint8_t> bytes);

/// A network with its weights (CaffeLayer::blobs), upgraded as ReadCaffeNet does. What the file says of the layers is
/// mostly that of a training. `owner` keeps `bytes` alive; elements stay where they lie. Throws Error(kIo) where it
/// cannot be read, Error(kInput) that names the file, and the layer, for what is malformed or out of bounds, and as
/// ReadWeights does for files of other kinds.
CaffeNet ReadCaffeModel(const std::filesystem::path& path);
CaffeNet ParseCaffeModel(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                         const std::string& name);

/// The layers' blobs as torch names and shapes them: LAYER.weight and LAYER.bias; of BatchNorm LAYER.running_mean and
/// LAYER.running_var, divided by the factor that is its third blob; a further one LAYER.2. Vectors have one dimension
/// and matrices two, whatever the file's generation. Appends to `notes` where layers of one name have blobs: the last
/// counts, as in Caffe.
NamedTensors CaffeTensors(const CaffeNet& net, std::vector<std::string>& notes);

}  // namespace fcn
