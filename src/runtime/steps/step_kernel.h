#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "fcn/function_ref.h"
#include "graph/coordinates.h"
#include "graph/lowered.h"
#include "tensor/any_tensor.h"

namespace fcn {

/// The values of one parameter while a layer is packed; `owner` keeps them alive where the span does not point into
/// something that lives longer.
struct ParameterData {
  std::span<const float> values;
  std::shared_ptr<const void> owner;
};

/// Where a program's parameters come from: asked once for each parameter of a layer while that layer is packed, so that
/// at most one layer's raw weights need to be in memory. Throws Error(kInput) for a parameter it does not have.
using WeightSource = std::function<ParameterData(const Value& parameter)>;

/// A layer's parameters as its kernel reads them, batch norm folded in. Shared between programs of different shapes.
class PackedLayer {
 public:
  std::vector<float> bias;    ///< one per output channel, or none
  std::vector<float> slopes;  ///< of a leaky ReLU behind the step's sums: the same
  int form = 0;               ///< of the packing, where the kernel has several and chose by the weights' values
  /// What a kernel that packs while it runs packs from: weights as the source has them, and what to fold into them for
  /// each output channel, or none.
  ParameterData raw;
  std::vector<float> scale;

  /// Room for this many weights, whose content is lost; memory that is large enough is kept, since training packs anew
  /// in every iteration. Throws Error(kMemory).
  template <typename T>
  T* Reserve(int64_t count) {
    return reinterpret_cast<T*>(ReserveBytes(count * int64_t{sizeof(T)}));
  }
  /// The weights as what they were packed as.
  template <typename T = float>
  const T* weights() const {
    return reinterpret_cast<const T*>(memory_.get());
  }
  int64_t bytes() const { return weight_bytes_ + static_cast<int64_t>((bias.size() + slopes.size()) * sizeof(float)); }

 private:
  uint8_t* ReserveBytes(int64_t bytes);

  AlignedBuffer<uint8_t> memory_;
  int64_t weight_bytes_ = 0, capacity_ = 0;
};

/// What a step reads and writes in one run.
struct StepArgs {
  std::span<const ConstAnyView> inputs;  ///< the activations, in the op's order
  ConstAnyView residual;                 ///< data is null where there is none
  AnyView output;
  ConstAnyView labels;  ///< of a fused loss
  AnyView loss;         ///< the same
  const PackedLayer* packed = nullptr;
  uint8_t* scratch = nullptr;  ///< StepKernel::scratch_bytes(), aligned as all tensors are
  uint8_t* note = nullptr;     ///< see Step::note
  /// Takes elements [first, first + values.size()) of the output of a kernel that hands it on.
  FunctionRef<void(int64_t first, std::span<const float> values)> hand_on = kNobody;

  static constexpr auto kNobody = [](int64_t, std::span<const float>) {};

  float* scratch_floats() const { return reinterpret_cast<float*>(scratch); }
};

/// Bytes of so many floats.
constexpr int64_t FloatBytes(int64_t floats) { return floats * int64_t{sizeof(float)}; }

/// One step of a program at one shape: which kernel runs, what it needs, and how to run it. Immutable.
class StepKernel {
 public:
  virtual ~StepKernel() = default;

  /// "winograd_f6x3", "gemm_conv", "depthwise", …: what profiles and tests call it.
  virtual std::string name() const = 0;
  /// Bytes of PackedLayer: what Pack will allocate. 0 where the step has no parameters.
  virtual int64_t packed_bytes() const { return 0; }
  /// Whether Pack has anything to do.
  virtual bool has_parameters() const { return packed_bytes() > 0; }
  /// Bytes of raw parameters that Pack reads, which exist beside the packed ones for a moment.
  virtual int64_t raw_bytes() const { return 0; }
  virtual int64_t scratch_bytes() const { return 0; }
  /// The output may be the same memory as one of this many first activations. (As the residual it always may.)
  virtual int in_place() const { return 0; }
  /// Bytes of what the step leaves for a later one, where Step::note says that it does.
  virtual int64_t note_bytes() const { return 0; }
  /// Whether the output is never whole: Run gives it to StepArgs::hand_on piece by piece, and needs no memory for it.
  virtual bool hands_on() const { return false; }
  /// Writes all of `packed`, whatever it held before.
  virtual void Pack(const WeightSource&, const Context&, PackedLayer& /*packed*/) const {}
  virtual void Run(const StepArgs& args, const Context& context) const = 0;
};

/// What a kernel is chosen by: nothing else may matter, so that the choice is a pure function of layer and instruction
/// set.
struct StepSite {
  const Graph& graph;
  const Step& step;
  const ByValue<Nhwc>& shapes;
  const ByValue<CoordinateMap>& coordinates;
  Isa isa;
  int threads;    ///< sizes scratch memory only
  bool winograd;  ///< false forbids it
  /// Weights change between runs: what a kernel packs, it packs while it runs, into its scratch memory.
  bool training = false;
  /// Nothing but StepArgs::hand_on needs the output, which is the gradient of one parameter.
  bool may_hand_on = false;

  const Nhwc& input(size_t i = 0) const { return shapes[step.inputs[i]]; }
  const Nhwc& output() const { return shapes[step.output]; }
};

/// Chooses the kernel of a step.
std::unique_ptr<StepKernel> MakeStepKernel(const StepSite& site);

}  // namespace fcn
