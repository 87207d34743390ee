// Between element types.

#include <fmt/format.h>

#include "base/check.h"
#include "kernels/convert/convert.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"

namespace fcn::steps {
namespace {

const ValueType& TypeRead(const StepSite& site) { return site.graph.value(site.step.inputs[0]).type; }

/// "cast_int8", …
std::string NameOf(const char* what, ElementType type) { return fmt::format("{}_{}", what, ElementName(type)); }

template <typename From, typename To>
Made CastStep() {
  return MakeFunctionStep(NameOf("cast", kElementTypeOf<To>), kNotInPlace, 0,
                          [](const StepArgs& args, const Context& context) {
                            convert::Cast<From, To>(args.inputs[0], args.output, context);
                          });
}

template <typename T>
Made CastStep(bool from_float) {
  return from_float ? CastStep<float, T>() : CastStep<T, float>();
}

template <typename Q>
Made QuantiseStep(const convert::Quantisation& quantisation) {
  return MakeFunctionStep(NameOf("quantise", kElementTypeOf<Q>), kNotInPlace, 0,
                          [quantisation](const StepArgs& args, const Context& context) {
                            convert::Quantise<Q>(args.inputs[0], quantisation, args.output, context);
                          });
}

template <typename Q>
Made DequantiseStep(const convert::Quantisation& quantisation) {
  return MakeFunctionStep(NameOf("dequantise", kElementTypeOf<Q>), kNotInPlace, 0,
                          [quantisation](const StepArgs& args, const Context& context) {
                            convert::Dequantise<Q>(args.inputs[0], quantisation, args.output, context);
                          });
}

}  // namespace

Made Make(const Cast& op, const StepSite& site) {
  const ElementType from = TypeRead(site).element;
  const bool from_float = from == ElementType::kFloat32;
  switch (from_float ? op.type : from) {
    case ElementType::kFloat32:
      return CastStep<float, float>();
    case ElementType::kBFloat16:
      return CastStep<BFloat16>(from_float);
    case ElementType::kInt8:
      return CastStep<int8_t>(from_float);
    case ElementType::kUint8:
      return CastStep<uint8_t>(from_float);
    case ElementType::kInt32:
      return CastStep<int32_t>(from_float);
    case ElementType::kUint16:
      return CastStep<uint16_t>(from_float);
    case ElementType::kUint64:
      break;
  }
  FCN_CHECK(!"a type that no Cast has");
  return nullptr;
}

Made Make(const Quantise& op, const StepSite&) {
  const convert::Quantisation quantisation{op.scale, op.zero_point};
  return op.type == ElementType::kInt8 ? QuantiseStep<int8_t>(quantisation) : QuantiseStep<uint8_t>(quantisation);
}

Made Make(const Dequantise&, const StepSite& site) {
  const ValueType& type = TypeRead(site);
  const convert::Quantisation quantisation{type.scale, type.zero_point};
  return type.element == ElementType::kInt8 ? DequantiseStep<int8_t>(quantisation)
                                            : DequantiseStep<uint8_t>(quantisation);
}

}  // namespace fcn::steps
