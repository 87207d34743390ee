#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "graph/graph.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// One parameter from the counter-based generator: element i in torch's order is made of
/// u = RandomUniform(SeedFromName(name, seed), i) by rounding float32 operations that every language has, so that
/// tools/counter_random.py gives the same bits. By the end of the name and the shape:
///
///   .weight of an upscore* module       BilinearWeights (no random numbers)
///   .weight of rank 2 or more           u · float32(√(6 / fan_in)), fan_in = elements / outputs (He et al. 2015): a
///   ReLU
///                                       network keeps the size of its activations
///   .weight of rank 1 (batch norm)      1 + u / 4
///   .running_var                        1 + u / 2
///   .bias, .running_mean                u · float32(0.1)
///
/// Throws Error(kInternal) for another name.
StoredTensor RandomParameter(const std::string& name, const Shape& shape, uint64_t seed);

/// RandomParameter of each parameter of a graph.
NamedTensors RandomWeights(const Graph& graph, uint64_t seed);

/// Fills an image (rows × columns × channels, in this order) with blocks of 8×8 pixels and finer noise:
///   amplitude · (¾ · u(block) + ¼ · u(element)),
/// u(element) = RandomUniform(SeedFromName("image.pixels", seed), element's index) and u(block) the same of
/// "image.blocks" at ((y / 8) · 65536 + x / 8) · channels + channel. Blocks make scores differ from place to place.
void RandomImage(uint64_t seed, float amplitude, int64_t height, int64_t width, int64_t channels,
                 std::span<float> values);

/// Whether a parameter belongs to a layer that gives class scores, which an import may have to invent: score*, and the
/// last layers of classifiers (classifier.6, _fc, fc, fc8, ip2, loss3/classifier) and of torchvision's fcn_resnet*
/// (classifier.4); of any head.
bool IsScoreParameter(const std::string& name);
/// Whether it belongs to a transposed convolution that upsamples scores: upscore*.
bool IsUpsamplingParameter(const std::string& name);

/// Throws Error(kInput) where neither RandomParameter nor InitialParameter knows how such a parameter begins, which a
/// network of somebody's own may have: where it is not called as torch calls parameters, or is an upscore* of an
/// impossible shape.
void CheckHasBeginning(const std::string& name, const Shape& shape);

/// What a layer begins with before it is trained: layers of scores as zeros, as in the paper, upscore* as bilinear
/// interpolation, other convolutions as RandomParameter has them (a function of the seed), batch norms as the identity.
StoredTensor InitialParameter(const std::string& name, const Shape& shape, uint64_t seed);

}  // namespace fcn
