#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace fcn {

/// Alignment of every buffer we own: a cache line, and the widest vector.
inline constexpr size_t kAlignment = 64;

struct FreeDeleter {
  void operator()(void* p) const { std::free(p); }
};
template <typename T>
using AlignedBuffer = std::unique_ptr<T[], FreeDeleter>;

/// `count` uninitialised elements at a multiple of kAlignment. Throws Error(kMemory) with the figure.
template <typename T>
AlignedBuffer<T> AllocateAligned(size_t count);

/// As AllocateAligned, for what is used again and again: where the system has huge pages, large blocks lie in them.
/// (Their first use costs more, and with small pages a large map has more of them than a processor remembers.)
AlignedBuffer<uint8_t> AllocateWorkspace(size_t bytes);

extern template AlignedBuffer<float> AllocateAligned<float>(size_t);
extern template AlignedBuffer<uint8_t> AllocateAligned<uint8_t>(size_t);
extern template AlignedBuffer<int32_t> AllocateAligned<int32_t>(size_t);

/// NHWC activations that somebody else owns. A pixel's channels are contiguous; neighbouring pixels are pixel_stride
/// elements apart, so that a slice of the channels is a view as well. Rows and images follow without gaps, or are a
/// rectangle of a larger map's: kernels that demand the former say flat().
template <typename T>
struct TensorView {
  T* data = nullptr;
  Nhwc shape;
  int64_t pixel_stride = 0;
  int64_t map_h = 0, map_w = 0;  ///< rows and columns of the map that the view's rows and columns are part of

  TensorView() = default;
  TensorView(T* d, Nhwc s) : TensorView(d, s, s.c) {}
  TensorView(T* d, Nhwc s, int64_t stride) : data(d), shape(s), pixel_stride(stride), map_h(s.h), map_w(s.w) {}

  int64_t row_stride() const { return map_w * pixel_stride; }
  int64_t image_stride() const { return map_h * map_w * pixel_stride; }
  T* at(int64_t n, int64_t y, int64_t x) const { return data + ((n * map_h + y) * map_w + x) * pixel_stride; }
  /// Whether all pixels are pixel_stride apart.
  bool flat() const { return map_h == shape.h && map_w == shape.w; }
  bool contiguous() const { return flat() && pixel_stride == shape.c; }

  /// Rows [top, top + h) and columns [left, left + w) of each image.
  TensorView Rectangle(int64_t top, int64_t left, int64_t h, int64_t w) const {
    TensorView part = *this;
    part.data = at(0, top, left);
    part.shape.h = h, part.shape.w = w;
    return part;
  }
  /// Channels [first, first + count).
  TensorView Channels(int64_t first, int64_t count) const {
    TensorView part = *this;
    part.data = data + first;
    part.shape.c = count;
    return part;
  }

  operator TensorView<const T>() const {  // NOLINT(google-explicit-constructor)
    TensorView<const T> view(data, shape, pixel_stride);
    view.map_h = map_h, view.map_w = map_w;
    return view;
  }
};

/// NHWC activations that own their memory. Move-only; float32 unless said.
template <typename T>
class BasicTensor {
 public:
  BasicTensor() = default;
  /// Uninitialised. Throws Error(kMemory).
  explicit BasicTensor(Nhwc shape) : shape_(shape), data_(AllocateAligned<T>(static_cast<size_t>(shape.elements()))) {}

  const Nhwc& shape() const { return shape_; }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  TensorView<T> view() { return {data_.get(), shape_}; }
  TensorView<const T> view() const { return {data_.get(), shape_}; }
  std::span<T> values() { return {data_.get(), static_cast<size_t>(data_ ? shape_.elements() : 0)}; }
  std::span<const T> values() const { return {data_.get(), static_cast<size_t>(data_ ? shape_.elements() : 0)}; }

 private:
  Nhwc shape_{0, 0, 0, 0};
  AlignedBuffer<T> data_;
};
using Tensor = BasicTensor<float>;
using LabelTensor = BasicTensor<int32_t>;

}  // namespace fcn
