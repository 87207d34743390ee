// own_dataset RUN: a data set without files. Discs and boxes are drawn when they are asked for, and a network learns to
// tell them apart.

#include <fcn/fcn.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <utility>

namespace {

constexpr int kSide = 64;

/// Derive from Dataset to give pictures from wherever you have them. Its functions are called from several threads.
class Shapes : public fcn::Dataset {
 public:
  Shapes(unsigned seed, size_t size) : seed_(seed), size_(size) {}

  const std::vector<fcn::HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return size_; }
  std::string name(size_t i) const override { return "shape " + std::to_string(i); }
  /// Only where it is known without drawing: memory is planned for it.
  std::pair<int, int> picture_size(size_t) const override { return {kSide, kSide}; }

  /// The same sample whenever it is asked for.
  fcn::Sample Get(size_t i) const override {
    std::mt19937 dice(seed_ + static_cast<unsigned>(i));
    const auto roll = [&dice](unsigned most) { return static_cast<int>(dice() % most); };
    const bool is_disc = roll(2) == 0;
    const int x0 = 16 + roll(32), y0 = 16 + roll(32), radius = 6 + roll(10), bright = 80 + roll(160);
    fcn::Image image{kSide, kSide, {}};
    fcn::LabelMap labels{kSide, kSide, {}};
    for (int y = 0; y < kSide; y++)
      for (int x = 0; x < kSide; x++) {
        const int dx = std::abs(x - x0), dy = std::abs(y - y0);
        const bool inside = is_disc ? dx * dx + dy * dy < radius * radius : std::max(dx, dy) < radius;
        labels.labels.push_back(inside ? (is_disc ? 1 : 2) : 0);
        for (int c = 0; c < 3; c++) image.rgb.push_back(static_cast<uint8_t>((inside ? bright : 40) + roll(30) - 15));
      }
    return {.name = name(i), .inputs = {fcn::Raster(std::move(image))}, .labels = {std::move(labels)}};
  }

 private:
  unsigned seed_;
  size_t size_;
  std::vector<fcn::HeadInfo> heads_ = {
      {.classes = {"nothing", "disc", "box"}, .palette = {{0, 0, 0}, {220, 60, 40}, {40, 120, 220}}}};
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: own_dataset RUN\n";
    return 2;
  }
  fcn::TrainConfig config;
  config.model = "fcn8s-efficientnet-lite0";
  config.output = argv[1];
  config.max_iters = 200;
  config.lr = 0.003;
  config.scale = {0.8, 1.25};
  config.crop_size = {kSide, kSide};

  const auto unseen = std::make_shared<Shapes>(9000, 20);
  fcn::TrainingObserver quiet;
  fcn::Trainer trainer(config, fcn::Runtime(), quiet,
                       {.training = std::make_shared<Shapes>(1, 200), .validation = unseen});
  trainer.Run();

  const fcn::Evaluation evaluation = fcn::Evaluate(trainer.model(), *unseen);
  std::cout << fcn::ScoresText(evaluation.scores());
} catch (const fcn::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
