// train_folder DATA RUN: trains a small network on a folder of pictures and masks, and shows how it goes.
//
// DATA has train/images, train/masks, val/images and val/masks, as `fcn dataset generate` writes them; other layouts
// are found out as well. RUN gets the models, the checkpoint and the log: the program could go on with it (fcn train
// --resume RUN), and show it (fcn report --run RUN -o page.html).

#include <fcn/fcn.h>

#include <iostream>

namespace {

/// Called from the thread that trains.
class Printer : public fcn::TrainingObserver {
 public:
  void OnStart(const std::string& description) override { std::cout << description << "\n"; }
  void OnIteration(const fcn::TrainingProgress& at) override {
    if (at.iteration % 20 == 0)
      std::cout << at.iteration << " of " << at.max_iterations << ", loss " << at.loss << ", " << at.seconds_left
                << " s left\n";
  }
  void OnValidation(const fcn::ValidationReport& report) override {
    std::cout << "mean IU " << report.mean_iu << (report.is_best ? ", the best so far\n" : "\n");
  }
  void OnNotice(const std::string& notice) override { std::cout << "note: " << notice << "\n"; }
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: train_folder DATA RUN\n";
    return 2;
  }
  fcn::TrainConfig config;  // its members are the keys of a configuration, which `fcn train --help` explains
  config.model = "fcn8s-efficientnet-lite0";
  config.data = argv[1];
  config.output = argv[2];
  config.max_iters = 60;
  config.val_interval = 30;
  config.batch_size = 4;
  config.crop_size = {96, 96};

  Printer printer;
  fcn::Trainer trainer(config, fcn::Runtime(), printer);
  const fcn::TrainingResult result = trainer.Run();
  std::cout << "best mean IU " << result.best_mean_iu << " after " << result.best_iteration
            << " iterations: " << fcn::RunFiles(config.output).best.string() << "\n";
} catch (const fcn::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
