#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fcn/cancellation.h"
#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/image.h"
#include "fcn/picture_view.h"
#include "fcn/raster.h"
#include "fcn/runtime.h"

namespace fcn {

class Model;

/// How a Segmenter computes. Results do not depend on the number of threads.
struct FCN_API SegmenterOptions {
  int threads = 0;           ///< 0: the cores that the affinity mask and the cgroup allow
  std::string isa = {};      ///< one of InstructionSets(); empty: the best here
  bool winograd = true;      ///< false: every product is summed directly (slower, errors of plain float32)
  bool image_window = true;  ///< false: what a network's padding alone decides is computed for every picture (slower)
  /// Bytes that may be planned for all pictures that are segmented at once, with the packed weights that are kept for
  /// pictures of other sizes; these are dropped, those used longest ago first, before a picture is refused. 0: no such
  /// limit. With one or without, no more is planned than is available when a picture comes (swap does not count), and
  /// pictures of several threads wait for each other where they do not fit side by side.
  int64_t max_memory = 0;
  /// Of the only binary head: its class is where the probability is above this, between 0 and 1. Other heads take the
  /// class of the best score, and no threshold but 0.5.
  double threshold = 0.5;
  std::map<std::string, double> head_thresholds = {};  ///< the same by the names of heads
};

/// What Segment computes beside the labels.
struct FCN_API SegmentRequest {
  bool probabilities = false;  ///< of every class at every pixel: height × width × classes floats
  /// By head: the classes whose summed probability becomes its heat map; empty, or not there: none.
  std::vector<std::vector<int>> heat_classes = {};
  /// Computes on the calling thread alone. As many callers as there are cores then do more pictures a second than one
  /// that uses all cores; each has its own working memory. The answer is the same.
  bool on_this_thread = false;
  /// This is one of many pictures, for which as many callers come as there are cores: a small one is computed on the
  /// calling thread alone, one of a million pixels or more on all cores while the others wait. That takes the least
  /// time where sizes differ. `on_this_thread` then says nothing.
  bool one_of_many = false;
  /// Ends this call alone: it throws Error(kCancelled) soon after the token is cancelled, also while it waits for other
  /// calls. Null: only Segmenter::Cancel does.
  const CancellationToken* cancellation = nullptr;
  /// Scores for each pixel by shift-and-stitch in place of upsampling: the network, whose coarse scores are f pixels
  /// apart, runs on f² shifted copies of the picture, and their scores are interlaced. It takes about f² times as long.
  bool shift_and_stitch = false;
  /// The heads whose labels, and probabilities, are wanted, counted from 0; the others take no time. Empty: all.
  std::vector<int> heads = {};
};

/// A head's answer.
struct FCN_API HeadSegmentation {
  std::vector<uint16_t> labels;      ///< height × width class indices; empty where the head is not wanted
  std::vector<float> probabilities;  ///< height × width × classes, where requested
  std::vector<float> heat;           ///< height × width in [0, 1], where requested
};

/// The answer for one picture, at the picture's own size.
struct FCN_API Segmentation {
  int width = 0, height = 0;
  std::vector<HeadSegmentation> heads;  ///< one for each of the model's
  double prepare_ms = 0;                ///< how long it took to make the network's input of the picture,
  double network_ms = 0;                ///< and all else, waiting for memory included, for a turn (one_of_many) not

  // Of the first head. Those of a temporary are its own no more.
  const std::vector<uint16_t>& labels() const& { return heads.front().labels; }
  const std::vector<float>& probabilities() const& { return heads.front().probabilities; }
  const std::vector<float>& heat() const& { return heads.front().heat; }
  std::vector<uint16_t> labels() && { return std::move(heads.front().labels); }
  std::vector<float> probabilities() && { return std::move(heads.front().probabilities); }
  std::vector<float> heat() && { return std::move(heads.front().heat); }
};

struct FCN_API ClassProbability {
  int index = 0;
  float probability = 0;
};

/// A trained network, ready to segment pictures of any size: one in colour, or what else its model takes, such as depth
/// beside it. A classifier becomes a fully convolutional network on the way: its fully connected layers slide over the
/// picture as convolutions. A binary head, in which the network gives one score to a pixel, has two classes: what is
/// not the class (0) and the class (1), whose probability is sigmoid(score).
/// Programs for the sizes it has seen are kept.
/// Thread-safe: several threads may segment through one Segmenter at once. A size that is new is prepared while
/// pictures of other sizes are computed; pictures that do not fit into memory beside others wait for these, in their
/// order. Moving, assigning and destroying one are not: no other thread may be inside of any of its functions then
/// (Cancel makes those that run end soon; they must have returned). One that was moved from can be destroyed and
/// assigned to; every other call throws Error(kUsage), but for Cancel, which does nothing.
class FCN_API Segmenter {
 public:
  /// Opens a model file (see docs/formats.md). Throws Error(kIo, kInput, kUnsupported) naming the file, where it does
  /// not match its checksum (of files of more than 64 MB, fcn verify compares that), too; Error(kUsage) for an
  /// instruction set that does not exist or is not here, and for a threshold that the model cannot have.
  ///
  /// A file of up to 64 MB is read. A larger one is mapped as long as this lives, and read again for pictures of new
  /// sizes: Segment throws Error(kIo) where it was changed by then. One that is cut short while it is read raises
  /// SIGBUS; this library handles no signals, so a program that must not end then gives it a file that nobody writes
  /// into. Replacing the file by a rename, or removing it, does no harm.
  explicit Segmenter(const std::string& model_path, const SegmenterOptions& options = {});
  /// Runs a model that is open (fcn/model.h) on a runtime, whose threads and allowance of memory all that runs on it
  /// shares. The thresholds are those of SegmenterOptions. Throws Error(kUsage) for those that the model cannot have,
  /// Error(kUnsupported) where it takes other than pictures.
  explicit Segmenter(const Model& model, const Runtime& runtime = Runtime(), double threshold = 0.5,
                     const std::map<std::string, double>& head_thresholds = {});
  ~Segmenter();
  Segmenter(Segmenter&&) noexcept;
  Segmenter& operator=(Segmenter&&) noexcept;

  /// The best class of every pixel, and what else is requested. Throws Error(kInput) for an empty picture, a class or
  /// head that does not exist, and where the model takes other pictures than one in colour, or gives scores
  /// that are no numbers; Error(kMemory), before anything is computed, where the picture does not fit;
  /// Error(kUnsupported) for shift-and-stitch where coarse scores are no whole number of pixels apart;
  /// Error(kCancelled).
  Segmentation Segment(const Image& image, const SegmentRequest& request = {});
  /// The same of a picture for each of the model's inputs, in the order of inputs(), all of one size.
  Segmentation Segment(std::span<const Raster> pictures, const SegmentRequest& request = {});
  /// The same of pictures that lie elsewhere, such as frames of a camera. Throws Error(kInput) as CopyOf does, too.
  Segmentation Segment(const PictureView& picture, const SegmentRequest& request = {});
  Segmentation Segment(std::span<const PictureView> pictures, const SegmentRequest& request = {});

  /// Many pictures, answered in their order, as fast as the threads can: small ones side by side, large ones on all
  /// threads. Of a model with several inputs, pictures of one place follow each other. Throws Error(kInput) where their
  /// number does not divide by that of the inputs; else what Segment throws for the first one that fails, in their
  /// order. What the request says of threads does not count.
  std::vector<Segmentation> SegmentAll(std::span<const Raster> pictures, const SegmentRequest& request = {});
  std::vector<Segmentation> SegmentAll(std::span<const PictureView> pictures, const SegmentRequest& request = {});

  /// Only for a classifier's model: the probability of every class for the picture as a whole (its centre, scaled as
  /// the classifier was trained), the best first. Throws Error(kUnsupported) for other models, Error(kCancelled).
  std::vector<ClassProbability> Classify(const Image& image, const CancellationToken* cancellation = nullptr);
  /// The same of a picture of the bands that the model takes, of 8 bits each; Error(kInput) for others.
  std::vector<ClassProbability> Classify(const Raster& picture, const CancellationToken* cancellation = nullptr);

  bool is_classifier() const;
  /// Whether the model tells classes apart, as far as its file says: false where all scores were alike when it was
  /// written, as before the layers of scores are trained. Then every pixel gets the same class, whatever the picture.
  bool is_trained() const;
  const std::string& name() const;
  /// What the model takes: a picture in colour (ReadImage; of 0 bands), or one of so many bands (ReadRaster).
  const std::vector<InputInfo>& inputs() const;
  /// What it gives: the names of a head's classes by label, and a colour for each. Two for a binary head; the first is
  /// "background" where the file names one.
  const std::vector<HeadInfo>& heads() const;
  /// Above which probability each head has its class; NaN for heads that take the class of the best score.
  std::vector<double> thresholds() const;
  // Of the first head.
  const std::vector<std::string>& classes() const;
  const std::vector<Colour>& palette() const;

  /// Makes running and later calls throw Error(kCancelled); safe in a signal handler.
  void Cancel() noexcept;

 private:
  struct Impl;
  Impl& impl() const;  // throws where there is none
  std::unique_ptr<Impl> impl_;
};

}  // namespace fcn
