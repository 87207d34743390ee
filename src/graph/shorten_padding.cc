#include "graph/shorten_padding.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "graph/by_value.h"
#include "graph/sliding.h"

namespace fcn {
namespace {

// Rows of the image that a Stretch must stand for, lest it cost more than it saves.
constexpr int64_t kLeastShortening = 16;

int64_t FloorTo(int64_t a, int64_t step) { return a < 0 ? 0 : a / step * step; }
int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// One axis of a layer's window.
struct Window {
  int64_t size = 1, step = 1, before = 0, after = 0;
  bool ceil = false;
};
struct Windows {
  Window rows, columns;
};

std::optional<Windows> WindowsOf(const Op& op) {
  const auto of = [](Size2 kernel, Size2 stride, Size2 dilation, const Padding& padding, bool ceil) {
    return Windows{{int64_t{dilation.h} * (kernel.h - 1) + 1, stride.h, padding.top, padding.bottom, ceil},
                   {int64_t{dilation.w} * (kernel.w - 1) + 1, stride.w, padding.left, padding.right, ceil}};
  };
  if (const auto* conv = std::get_if<Conv2d>(&op))
    return of(conv->kernel, conv->stride, conv->dilation, conv->padding, false);
  if (const auto* pool = std::get_if<MaxPool>(&op))
    return of(pool->kernel, pool->stride, {}, pool->padding, pool->ceil);
  const std::optional<SlidingWindows> sliding = SlidingWindowsOf(op);
  const bool pointwise = sliding && sliding->rows == SlidingWindow{} && sliding->columns == SlidingWindow{};
  return pointwise ? std::optional(Windows{}) : std::nullopt;
}

/// One axis of a value, as a function of the image: sample i reads the pixels [step · i − padding − before, … + size),
/// if the first layer pads the image by `padding`; `after` is the padding of later layers at the other end.
struct Reach {
  int64_t step = 1, size = 1, before = 0, after = 0;
  // The last sample's window ends at most so far before the end of all padding, or behind it: sizes are rounded.
  int64_t short_by = 0, beyond = 0;

  /// False where samples lie farther apart, see more, or lie farther inside than any padding has pixels: then nothing
  /// can be won, and figures would grow from layer to layer until they overflow.
  bool Pass(const Window& window, bool first) {
    constexpr int64_t kMost = kLargestAttribute;
    if (window.step > kMost / step || window.size - 1 > kMost / step) return false;
    size += (window.size - 1) * step;
    if (!first) before += window.before * step, after += window.after * step;
    (window.ceil ? beyond : short_by) += (window.step - 1) * step;
    step *= window.step;
    return size <= kMost && First() <= kMost && Last() <= kMost;
  }

  /// The first sample from either end whose window has no padding but the image's.
  int64_t First() const { return DivideUp(before, step); }
  int64_t Last() const { return DivideUp(after + beyond, step); }
  /// By how many pixels the padding can be shorter, so that these samples still see nothing but it.
  int64_t LessBefore(int64_t padding) const { return FloorTo(padding - (step * First() - before + size), step); }
  int64_t LessAfter(int64_t padding) const {
    return FloorTo(padding - (step * Last() - after + size + short_by), step);
  }
};

Padding operator-(const Padding& a, const Padding& b) {
  return {a.top - b.top, a.bottom - b.bottom, a.left - b.left, a.right - b.right};
}

/// A value after which rows and columns may be repeated.
struct Cut {
  ValueId value;
  Reach rows, columns;
  Padding less;  ///< pixels of the image's padding that what comes before it can do without
};

int64_t Total(const Padding& padding) { return int64_t{padding.top} + padding.bottom + padding.left + padding.right; }

class Shortener {
 public:
  explicit Shortener(TrainingForm form) : form_(std::move(form)) {}

  TrainingForm Shorten() {
    FindCuts();
    // What a deeper layer can do without, those before it can too; only the excess is repeated after them.
    while (!cuts_.empty() && Total(cuts_.back().less) < 4 * kLeastShortening) cuts_.pop_back();
    return cuts_.empty() ? std::move(form_) : Rebuild();
  }

 private:
  const Node* OnlyReaderOf(ValueId value) const {
    const Node* found = nullptr;
    for (const Node& node : form_.graph.nodes()) {
      // A "like" may be the image, whose size stays.
      const bool whole = value != form_.graph.inputs()[0];
      const auto inputs = std::ssize(node.inputs);
      const auto end = node.inputs.begin() + (whole ? inputs : std::min<int64_t>(ActivationsRead(node.op), inputs));
      if (std::find(node.inputs.begin(), end, value) == end) continue;
      if (found != nullptr) return nullptr;
      found = &node;
    }
    return found;
  }

  /// Follows the image from layer to layer, until a value has several readers or one that does not slide.
  void FindCuts() {
    Reach rows, columns;
    const Padding* padding = nullptr;
    const Node* node = OnlyReaderOf(form_.graph.inputs()[0]);
    for (; node != nullptr; node = OnlyReaderOf(node->output)) {
      const std::optional<Windows> windows = WindowsOf(node->op);
      const bool several = InputsOf(node->op).max_activations > 1;
      if (!windows || several) return;
      if (padding == nullptr) {
        const auto* conv = std::get_if<Conv2d>(&node->op);
        if (conv == nullptr) return;
        padding = &conv->padding;
        first_ = node->output;
      }
      if (!rows.Pass(windows->rows, node->output == first_)) return;
      if (!columns.Pass(windows->columns, node->output == first_)) return;
      if (windows->rows.step * windows->columns.step == 1) continue;
      // Nothing before can do with more padding than what comes after.
      const Padding& most = cuts_.empty() ? *padding : cuts_.back().less;
      const auto at_most = [](int64_t less, int before, const Reach& reach) {
        return static_cast<int>(FloorTo(std::min<int64_t>(less, before), reach.step));
      };
      cuts_.push_back({.value = node->output,
                       .rows = rows,
                       .columns = columns,
                       .less = {.top = at_most(rows.LessBefore(padding->top), most.top, rows),
                                .bottom = at_most(rows.LessAfter(padding->bottom), most.bottom, rows),
                                .left = at_most(columns.LessBefore(padding->left), most.left, columns),
                                .right = at_most(columns.LessAfter(padding->right), most.right, columns)}});
    }
  }

  /// The Stretch after the i-th cut: from the padding that it needs to the one that the next does.
  Stretch StretchOf(size_t i) const {
    const Cut& cut = cuts_[i];
    const Padding more = i + 1 < cuts_.size() ? cut.less - cuts_[i + 1].less : cut.less;
    const auto rows = static_cast<int>(cut.rows.step), columns = static_cast<int>(cut.columns.step);
    return {.at = {static_cast<int>(cut.rows.First()), static_cast<int>(cut.rows.Last()),
                   static_cast<int>(cut.columns.First()), static_cast<int>(cut.columns.Last())},
            .more = {more.top / rows, more.bottom / rows, more.left / columns, more.right / columns}};
  }

  TrainingForm Rebuild() const {
    const Graph& graph = form_.graph;
    TrainingForm made;
    ByValue<ValueId> read(graph, kNoValue);  // what the readers of each value read now
    const auto now = [&](ValueId id) { return read[id]; };
    auto node = graph.nodes().begin();
    for (ValueId id = 0; id < graph.value_count(); id++) {
      const Value& value = graph.value(id);
      if (value.kind == ValueKind::kInput) {
        read[id] = made.graph.AddInput(value.name, value.channels, value.type);
      } else if (value.kind == ValueKind::kParameter) {
        read[id] = made.graph.AddParameter(value.name, value.parameter_shape);
      } else {
        std::vector<ValueId> inputs;
        for (const ValueId input : node->inputs) inputs.push_back(now(input));
        Op op = node->op;
        if (node->output == first_) {
          auto& conv = std::get<Conv2d>(op);
          conv.padding = conv.padding - cuts_[0].less;
        }
        read[id] = made.graph.AddNode(value.name, op, std::move(inputs));
        for (size_t i = 0; i < cuts_.size(); i++)
          if (cuts_[i].value == node->output && StretchOf(i).more != Padding{})
            read[id] = made.graph.AddNode(value.name + ".stretched", StretchOf(i), {read[id]});
        node++;
      }
    }
    for (const ValueId output : graph.outputs()) made.graph.AddOutput(now(output));
    for (const ValueId loss : form_.losses) made.losses.push_back(now(loss));
    for (const ValueId scores : form_.scores) made.scores.push_back(now(scores));
    if (form_.seed != kNoValue) made.seed = now(form_.seed);
    made.moments = form_.moments;
    for (BatchNormMoments& moments : made.moments) moments.moments = now(moments.moments);
    return made;
  }

  TrainingForm form_;
  ValueId first_ = kNoValue;  // what the convolution that reads the image gives
  std::vector<Cut> cuts_;     // from the image on
};

}  // namespace

TrainingForm ShortenPadding(TrainingForm form) { return Shortener(std::move(form)).Shorten(); }

}  // namespace fcn
