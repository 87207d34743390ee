#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "caffe/network.h"
#include "caffe/refusal.h"
#include "caffe/wiring.h"
#include "graph/graph.h"
#include "graph/shapes.h"

namespace fcn {

/// A blob of Caffe's as a value of the graph. Caffe knows each blob's size; here a picture may have any.
struct CaffeBlob {
  ValueId id = kNoValue;
  int channels = 0;
  bool is_pixel = false;  ///< one row and one column whatever the picture's size, as fully connected layers give
  bool is_flat = false;   ///< flattened, channels first: nothing has a place any more
};

/// A net's graph while it is made, a layer at a time. What a rule asks of "the layer" is of the one that is being
/// translated; every refusal names it.
class CaffeTranslator {
 public:
  CaffeTranslator(const CaffeNet& net, const CaffeWiring& wiring, const CaffeNetOptions& options)
      : net_(net), wiring_(wiring), options_(options) {}

  /// The next layer that rules are about.
  void Enter(size_t index) { index_ = index; }
  /// An input of the graph, as the layer's top. `height` and `width` are 0 where no file says them.
  void AddInput(size_t top, int channels, int height, int width);

  const CaffeLayer& layer() const { return net_.layers[index_]; }
  CaffeMessage settings(const char* name) const { return layer().settings.Message(name); }
  [[noreturn]] void Refuse(const std::string& what, int field_line = 0, const std::string& hint = kNotDone) const {
    RefuseCaffe(ErrorCode::kUnsupported, net_, layer(), what, hint, field_line);
  }
  [[noreturn]] void RefuseBad(const std::string& what, int field_line = 0) const {
    RefuseCaffe(ErrorCode::kInput, net_, layer(), what, kBadNet, field_line);
  }
  void RefuseUnknownFields() const { fcn::RefuseUnknownFields(net_, layer()); }
  void Note(const std::string& note) { notes_.push_back(note); }

  /// Throws for more or fewer bottoms or tops.
  void ExpectBottoms(size_t least, size_t most) const;
  void ExpectTops(size_t least, size_t most) const;
  size_t bottoms() const { return layer().bottoms.size(); }
  /// What the layer reads. Throws where it is flattened, which only functions of one number and fully connected layers
  /// can read.
  const CaffeBlob& Bottom(size_t i = 0) const;
  const CaffeBlob& BottomOrFlat(size_t i = 0) const;
  /// The layer's top: `blob` itself, or what an operation makes of it.
  void Give(const CaffeBlob& blob, size_t top = 0) { blobs_[{index_, top}] = blob; }

  /// Throws unless an axis of the layer's bottom is its channels: 1, or the same counted from the end.
  void ExpectChannels(int64_t axis, int field_line) const;
  /// A field as an int. Throws where it is below `least` or too large for any network.
  int Size(const CaffeMessage& message, std::string_view field, int least, size_t index = 0) const;

  /// An operation named after the layer, behind `ending` where it has several. It has x's pixels; what it does to them
  /// and to channels the caller says of the result.
  CaffeBlob Add(const Op& op, const CaffeBlob& x, const std::vector<ValueId>& others = {},
                const std::string& ending = "");

  struct ParameterOptions {
    CaffeWeight::Form form = CaffeWeight::Form::kPlain;
    std::optional<float> begins = {};  ///< CaffeWeight::begins
    const CaffeLayer* of = nullptr;    ///< the layer that has it in the file; null: the layer
  };
  /// The layer's index-th parameter, called behind its name as torch would (".weight"); the same as that of another
  /// layer where both say so.
  ValueId Parameter(size_t index, const std::string& ending, const Shape& shape, const ParameterOptions& more);
  ValueId Parameter(size_t index, const std::string& ending, const Shape& shape) {
    return Parameter(index, ending, shape, {});
  }
  /// One that no blob gives: `value` throughout.
  ValueId Constant(const std::string& ending, const Shape& shape, float value);
  /// One that no blob gives: of each output's numbers 1 at `tap` (CaffeWeight), 0 elsewhere.
  ValueId Taps(const std::string& ending, const Shape& shape, int tap);
  /// The layer's blob in the file of weights; null where there is none.
  const StoredTensor* BlobOf(size_t index) const;
  /// How fast the index-th parameter learns, as a multiple of the net's rate.
  double RateOf(size_t index) const;
  bool is_training() const { return options_.state.phase == CaffePhase::kTrain; }

  /// How many numbers a blob has for one picture. Throws where that follows from the picture's size, which nobody says.
  int64_t NumbersOf(const CaffeBlob& blob) const;
  /// Its rows and columns, likewise.
  Size2 SizeOf(const CaffeBlob& blob) const;

  /// The only layer that reads the layer's first top, of a type; null where it is none or there are several.
  const CaffeLayer* OnlyReader(std::string_view type) const;
  /// Says that a later layer was made part of this one: it gives what it reads.
  void Merge(const CaffeLayer& later) { merged_.insert(&later); }
  bool IsMerged() const { return merged_.contains(&layer()); }

  CaffeBlob BlobAt(CaffeTop top) const { return blobs_.at({top.layer, top.top}); }
  const std::vector<Nhwc>& sizes() const { return sizes_; }
  Graph& graph() { return graph_; }
  std::vector<CaffeWeight>& weights() { return weights_; }
  std::vector<std::string>& notes() { return notes_; }
  /// A name that the graph does not have, like this one.
  std::string Unused(const std::string& name) const;

 private:
  ValueId AddWeight(CaffeWeight weight, const std::string& ending, const Shape& shape);
  ValueId Shared(const CaffeParameter& parameter, const Shape& shape) const;

  const CaffeNet& net_;
  const CaffeWiring& wiring_;
  const CaffeNetOptions& options_;
  size_t index_ = 0;
  Graph graph_;
  std::map<std::pair<size_t, size_t>, CaffeBlob> blobs_;
  std::vector<Nhwc> sizes_;  // of the inputs; 0 where nobody says
  std::map<std::string, ValueId> shared_;
  mutable std::map<std::string, int> numbers_;  // the least that may be unused behind a name
  std::set<const CaffeLayer*> merged_;
  std::vector<CaffeWeight> weights_;
  std::vector<std::string> notes_;
};

}  // namespace fcn
