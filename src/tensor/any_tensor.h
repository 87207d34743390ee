#pragma once

#include <span>
#include <type_traits>

#include "base/check.h"
#include "tensor/element_type.h"
#include "tensor/tensor.h"

namespace fcn {

/// A TensorView whose element type is known only when a program runs: what plans and those who run them hand around.
/// It is made of a TensorView<T>, and becomes one again where a kernel takes one; to ask for another type than its own
/// is a mistake of ours. Use AnyView and ConstAnyView.
template <typename Byte>
struct BasicAnyView {
  ElementType type = ElementType::kFloat32;
  Byte* data = nullptr;
  Nhwc shape;
  int64_t pixel_stride = 0;      ///< elements, as in TensorView
  int64_t map_h = 0, map_w = 0;  ///< the same

  BasicAnyView() = default;
  BasicAnyView(ElementType t, Byte* d, Nhwc s)
      : type(t), data(d), shape(s), pixel_stride(s.c), map_h(s.h), map_w(s.w) {}
  template <typename T>
    requires(std::is_const_v<Byte> || !std::is_const_v<T>)
  BasicAnyView(TensorView<T> view)  // NOLINT(google-explicit-constructor)
      : type(kElementTypeOf<T>),
        data(reinterpret_cast<Byte*>(view.data)),
        shape(view.shape),
        pixel_stride(view.pixel_stride),
        map_h(view.map_h),
        map_w(view.map_w) {}

  template <typename T>
  TensorView<T> As() const {
    static_assert(std::is_const_v<T> || !std::is_const_v<Byte>, "what may only be read is not written");
    FCN_CHECK(type == kElementTypeOf<T>);
    TensorView<T> view(reinterpret_cast<T*>(data), shape, pixel_stride);
    view.map_h = map_h, view.map_w = map_w;
    return view;
  }
  template <typename T>
  operator TensorView<T>() const {  // NOLINT(google-explicit-constructor)
    return As<T>();
  }
  operator BasicAnyView<const uint8_t>() const  // NOLINT(google-explicit-constructor)
    requires(!std::is_const_v<Byte>)
  {
    BasicAnyView<const uint8_t> view(type, data, shape);
    view.pixel_stride = pixel_stride, view.map_h = map_h, view.map_w = map_w;
    return view;
  }

  /// Bytes of a pixel's channels.
  int64_t pixel_bytes() const { return shape.c * ElementSize(type); }
  Byte* at(int64_t n, int64_t y, int64_t x) const {
    return data + ((n * map_h + y) * map_w + x) * pixel_stride * ElementSize(type);
  }
  /// Rows [top, top + h) and columns [left, left + w) of each image.
  BasicAnyView Rectangle(int64_t top, int64_t left, int64_t h, int64_t w) const {
    BasicAnyView part = *this;
    part.data = at(0, top, left);
    part.shape.h = h, part.shape.w = w;
    return part;
  }
};
using AnyView = BasicAnyView<uint8_t>;
using ConstAnyView = BasicAnyView<const uint8_t>;

/// The owner of such activations. Move-only.
class AnyTensor {
 public:
  AnyTensor() = default;
  /// Uninitialised. Throws Error(kMemory).
  AnyTensor(ElementType type, Nhwc shape)
      : type_(type),
        shape_(shape),
        data_(AllocateAligned<uint8_t>(static_cast<size_t>(shape.elements() * ElementSize(type)))) {}

  ElementType type() const { return type_; }
  const Nhwc& shape() const { return shape_; }
  AnyView view() { return {type_, data_.get(), shape_}; }
  ConstAnyView view() const { return {type_, data_.get(), shape_}; }
  /// The elements, which must be Ts.
  template <typename T>
  std::span<const T> values() const {
    return {view().template As<const T>().data, static_cast<size_t>(data_ ? shape_.elements() : 0)};
  }
  std::span<const uint8_t> bytes() const {
    return {data_.get(), static_cast<size_t>(data_ ? shape_.elements() * ElementSize(type_) : 0)};
  }

 private:
  ElementType type_ = ElementType::kFloat32;
  Nhwc shape_{0, 0, 0, 0};
  AlignedBuffer<uint8_t> data_;
};

}  // namespace fcn
