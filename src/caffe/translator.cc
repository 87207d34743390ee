#include "caffe/translator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "caffe/graph_name.h"
#include "fcn/text.h"

namespace fcn {
namespace {

const CaffeLayer* LayerNamed(const CaffeNet* net, const std::string& name) {
  if (net == nullptr) return nullptr;
  for (const CaffeLayer& layer : net->layers)
    if (layer.name == name && !layer.blobs.empty()) return &layer;
  return nullptr;
}

bool SaysBilinear(const CaffeLayer& layer) {
  if (layer.type != "Deconvolution") return false;
  const CaffeMessage settings = layer.settings.Message("convolution_param");
  // What the release's solve.py fills is found by the name alone.
  return settings.Message("weight_filler").Text("type") == "bilinear" || layer.name.find("up") != std::string::npos;
}

std::string Counted(size_t least, size_t most) {
  return least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
}

}  // namespace

void CaffeTranslator::AddInput(size_t top, int channels, int height, int width) {
  const ValueId id = graph_.AddInput(Unused(layer().tops[top]), channels);
  sizes_.push_back({1, height, width, channels});
  Give({.id = id, .channels = channels, .is_pixel = height == 1 && width == 1, .is_flat = false}, top);
}

void CaffeTranslator::ExpectBottoms(size_t least, size_t most) const {
  const std::string what = fmt::format("it reads {} blobs, not {}", bottoms(), Counted(least, most));
  if (bottoms() < least) RefuseBad(what);
  if (bottoms() > most) Refuse(what);  // some layers of Caffe's take several blobs, each by itself
}

void CaffeTranslator::ExpectTops(size_t least, size_t most) const {
  const size_t tops = layer().tops.size();
  if (tops < least || tops > most) Refuse(fmt::format("it gives {} blobs, not {}", tops, Counted(least, most)));
}

const CaffeBlob& CaffeTranslator::BottomOrFlat(size_t i) const {
  const CaffeTop top = wiring_.BottomsOf(index_)[i];
  return blobs_.at({top.layer, top.top});
}

const CaffeBlob& CaffeTranslator::Bottom(size_t i) const {
  const CaffeBlob& blob = BottomOrFlat(i);
  if (blob.is_flat)
    Refuse(fmt::format("it reads {}, a flattened map, which only fully connected layers can do",
                       Quoted(layer().bottoms[i])));
  return blob;
}

void CaffeTranslator::ExpectChannels(int64_t axis, int field_line) const {
  // A row of features has two axes in Caffe or four, so that both names of its channels may be meant.
  const bool is_row = bottoms() > 0 && (BottomOrFlat().is_flat || BottomOrFlat().is_pixel);
  if (axis != 1 && axis != -3 && !(is_row && axis == -1))
    Refuse(fmt::format("it goes along axis {}, not along channels", axis), field_line);
}

int CaffeTranslator::Size(const CaffeMessage& message, std::string_view field, int least, size_t index) const {
  const int64_t value = message.Integer(field, index);
  if (value < least || value > kLargestAttribute)
    RefuseBad(fmt::format("its {} is {}, and {} to {} are possible", field, value, least, kLargestAttribute),
              message.LineOf(field));
  return static_cast<int>(value);
}

std::string CaffeTranslator::Unused(const std::string& name) const {
  std::string base = GraphName(name);
  if (graph_.Find(base) == kNoValue) return base;
  // A net of many layers of one name would have all of them looked at for each.
  int& number = numbers_.try_emplace(base, 2).first->second;
  while (graph_.Find(fmt::format("{}_{}", base, number)) != kNoValue) number++;
  return fmt::format("{}_{}", base, number);
}

CaffeBlob CaffeTranslator::Add(const Op& op, const CaffeBlob& x, const std::vector<ValueId>& others,
                               const std::string& ending) {
  std::vector<ValueId> inputs = {x.id};
  inputs.insert(inputs.end(), others.begin(), others.end());
  CaffeBlob blob = x;
  try {
    blob.id = graph_.AddNode(Unused(layer().name + ending), op, std::move(inputs));
  } catch (const Error& error) {
    RefuseCaffe(error.code(), net_, layer(), error.message(), error.hint());
  }
  return blob;
}

const StoredTensor* CaffeTranslator::BlobOf(size_t index) const {
  const CaffeLayer* stored = LayerNamed(options_.weights, layer().name);
  return stored == nullptr || stored->blobs.size() <= index ? nullptr : &stored->blobs[index];
}

double CaffeTranslator::RateOf(size_t index) const {
  const std::vector<CaffeParameter>& parameters = layer().parameters;
  return index < parameters.size() ? parameters[index].lr_mult : 1;
}

ValueId CaffeTranslator::Shared(const CaffeParameter& parameter, const Shape& shape) const {
  const auto found = shared_.find(parameter.name);
  if (found == shared_.end()) return kNoValue;
  const Shape& other = graph_.value(found->second).parameter_shape;
  if (other != shape)
    Refuse(fmt::format("it shares {} of {}, and needs {}", Quoted(parameter.name), other.ToString(), shape.ToString()),
           parameter.line);
  return found->second;
}

ValueId CaffeTranslator::AddWeight(CaffeWeight weight, const std::string& ending, const Shape& shape) {
  weight.parameter = Unused(layer().name + ending);
  try {
    const ValueId id = graph_.AddParameter(weight.parameter, shape);
    weights_.push_back(std::move(weight));
    return id;
  } catch (const Error& error) {
    RefuseCaffe(error.code(), net_, layer(), error.message(), error.hint());
  }
}

ValueId CaffeTranslator::Parameter(size_t index, const std::string& ending, const Shape& shape,
                                   const ParameterOptions& more) {
  const CaffeLayer& of = more.of == nullptr ? layer() : *more.of;
  const CaffeParameter parameter = index < of.parameters.size() ? of.parameters[index] : CaffeParameter();
  if (!parameter.name.empty())
    if (const ValueId shared = Shared(parameter, shape); shared != kNoValue) return shared;
  const ValueId id = AddWeight({.parameter = {},
                                .layer = of.name,
                                .blob = index,
                                .form = more.form,
                                .begins = more.begins,
                                .is_upsampling = index == 0 && SaysBilinear(of),
                                .lr_mult = parameter.lr_mult,
                                .decay_mult = parameter.decay_mult},
                               ending, shape);
  if (!parameter.name.empty()) shared_.emplace(parameter.name, id);
  return id;
}

ValueId CaffeTranslator::Constant(const std::string& ending, const Shape& shape, float value) {
  return AddWeight({.parameter = {},
                    .layer = layer().name,
                    .form = CaffeWeight::Form::kConstant,
                    .value = value,
                    .lr_mult = 0,
                    .decay_mult = 0},
                   ending, shape);
}

ValueId CaffeTranslator::Taps(const std::string& ending, const Shape& shape, int tap) {
  return AddWeight({.parameter = {},
                    .layer = layer().name,
                    .form = CaffeWeight::Form::kTap,
                    .tap = tap,
                    .lr_mult = 0,
                    .decay_mult = 0},
                   ending, shape);
}

Size2 CaffeTranslator::SizeOf(const CaffeBlob& blob) const {
  if (blob.is_pixel) return {1, 1};
  std::vector<Nhwc> sizes = sizes_;
  for (Nhwc& size : sizes)
    if (size.h <= 0 || size.w <= 0)
      Refuse(
          "it takes pictures of one size, and the net does not say which", 0,
          "Say the size of its pictures: input_shape in the net, or --size WIDTHxHEIGHT of fcn info and fcn import.");
  try {
    const Nhwc shape = InferShapes(graph_, sizes)[blob.id];
    if (shape.h > kLargestAttribute || shape.w > kLargestAttribute) RefuseBad("it reads too large a map");
    return {static_cast<int>(shape.h), static_cast<int>(shape.w)};
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", net_.file, error.message()), error.hint());
  }
}

int64_t CaffeTranslator::NumbersOf(const CaffeBlob& blob) const {
  const Size2 size = SizeOf(blob);
  return int64_t{size.h} * size.w * blob.channels;
}

const CaffeLayer* CaffeTranslator::OnlyReader(std::string_view type) const {
  const std::vector<size_t>& readers = wiring_.ReadersOf({index_, 0});
  if (readers.size() != 1 || net_.layers[readers[0]].type != type) return nullptr;
  return &net_.layers[readers[0]];
}

}  // namespace fcn
