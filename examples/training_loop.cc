// training_loop DATA MODEL.safetensors: a training of one's own, step by step.
//
// The Trainer keeps checkpoints, validates, and resumes. Where that is not what you want, a Learner does one step at a
// time, and everything around it is yours: which pictures, how fast, when to stop.

#include <fcn/fcn.h>

#include <cmath>
#include <iostream>
#include <memory>

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: training_loop DATA MODEL.safetensors\n";
    return 2;
  }
  fcn::DatasetOptions data;
  data.folder = argv[1];
  data.split = "train";
  const std::shared_ptr<const fcn::Dataset> train = fcn::OpenDataset(data);
  data.split = "val";
  const std::shared_ptr<const fcn::Dataset> val = fcn::OpenDataset(data);

  // A network of the zoo for this data's classes, with random weights; fcn::Import gives one with somebody's.
  const fcn::Network network = fcn::Network::Build("fcn8s-efficientnet-lite0", {.heads = train->heads()});
  const fcn::Model untrained = fcn::Model::Make(network, network.inputs(), network.heads());

  const fcn::Runtime runtime;
  fcn::Batches batches(train, untrained, {.batch_size = 4, .crop_size = {96, 96}, .seed = 1});
  fcn::Learner learner(untrained, {.optimiser = fcn::Solver::kAdamW, .weight_decay = 0.01}, runtime);
  constexpr int kSteps = 60;
  for (int step = 0; step < kSteps; step++) {
    const double rate = 0.002 * std::pow(1.0 - static_cast<double>(step) / kSteps, 0.9);
    const double loss = learner.Step(batches.Next(), rate).sum;
    if (step % 20 == 0) std::cout << "step " << step << ", loss " << loss << "\n";
  }

  const fcn::Model trained = learner.model();
  const fcn::Evaluation evaluation = fcn::Evaluate(trained, *val, {}, runtime);
  std::cout << "mean IU " << fcn::MeanIu(evaluation.scores()) << "\n";
  trained.Save(argv[2]);
} catch (const fcn::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
