#include "train/optimiser.h"

#include <atomic>
#include <cmath>

#include "base/check.h"
#include "base/finite.h"
#include "train/blocks.h"

namespace fcn {
namespace {

// Elements [first, last) of one parameter. Plain loops over pointers, which the compiler makes vector code of.

void Sgd(size_t first, size_t last, float* weights, const float* gradient, float* velocity, float momentum, float rate,
         float decay, float scale) {
  for (size_t i = first; i < last; i++) {
    velocity[i] = momentum * velocity[i] + (gradient[i] * scale + decay * weights[i]);
    weights[i] -= rate * velocity[i];
  }
}

void SgdCaffe(size_t first, size_t last, float* weights, const float* gradient, float* velocity, float momentum,
              float rate, float decay, float scale) {
  for (size_t i = first; i < last; i++) {
    velocity[i] = momentum * velocity[i] + rate * (gradient[i] * scale + decay * weights[i]);
    weights[i] -= velocity[i];
  }
}

void PlainSgd(size_t first, size_t last, float* weights, const float* gradient, float rate, float decay, float scale) {
  for (size_t i = first; i < last; i++) weights[i] -= rate * (gradient[i] * scale + decay * weights[i]);
}

struct AdamFactors {
  float keep;                          // 1 − rate · decay
  float beta1, share1, beta2, share2;  // share = 1 − beta
  float step;                          // rate / (1 − β₁ᵗ)
  float correction;                    // 1 / √(1 − β₂ᵗ)
  float epsilon, scale;
};

void AdamW(size_t first, size_t last, float* weights, const float* gradient, float* moment1, float* moment2,
           const AdamFactors f) {
  for (size_t i = first; i < last; i++) {
    const float g = gradient[i] * f.scale;
    moment1[i] = f.beta1 * moment1[i] + f.share1 * g;
    moment2[i] = f.beta2 * moment2[i] + f.share2 * (g * g);
    weights[i] = f.keep * weights[i] - f.step * moment1[i] / (std::sqrt(moment2[i]) * f.correction + f.epsilon);
  }
}

AdamFactors FactorsOf(const OptimiserOptions& options, const UpdateScale& scale) {
  const auto t = static_cast<double>(scale.step);
  const double decay = options.weight_decay * scale.decay_multiplier;
  return {.keep = static_cast<float>(1 - scale.rate * decay),
          .beta1 = static_cast<float>(options.beta1),
          .share1 = static_cast<float>(1 - options.beta1),
          .beta2 = static_cast<float>(options.beta2),
          .share2 = static_cast<float>(1 - options.beta2),
          .step = static_cast<float>(scale.rate / (1 - std::pow(options.beta1, t))),
          .correction = static_cast<float>(1 / std::sqrt(1 - std::pow(options.beta2, t))),
          .epsilon = static_cast<float>(options.epsilon),
          .scale = scale.gradient_scale};
}

}  // namespace

std::vector<std::string> Optimiser::state_names() const {
  if (options_.solver == Solver::kAdamW) return {"moment1", "moment2"};
  if (options_.momentum == 0) return {};
  return {"momentum"};
}

bool Optimiser::Update(const Context& context, std::span<float> weights, std::span<const float> gradient,
                       std::span<const std::span<float>> states, const UpdateScale& scale) const {
  FCN_CHECK(gradient.size() == weights.size() && scale.step >= 1);
  FCN_CHECK(states.size() == static_cast<size_t>(this->states()));
  for (const auto& state : states) FCN_CHECK(state.size() == weights.size());
  float* const w = weights.data();
  const float* const g = gradient.data();
  const auto rate = static_cast<float>(scale.rate), momentum = static_cast<float>(options_.momentum);
  const auto decay = static_cast<float>(options_.weight_decay * scale.decay_multiplier);
  const float factor = scale.gradient_scale;
  std::atomic<bool> is_finite = true;
  // The check and the update of a block read the gradient from memory once.
  const auto update = [&](const auto& step) {
    ForBlocks(context, weights.size(), [&](size_t first, size_t last) {
      if (!IsFinite(gradient.subspan(first, last - first))) is_finite = false;
      step(first, last);
    });
  };
  if (options_.solver == Solver::kAdamW) {
    const AdamFactors factors = FactorsOf(options_, scale);
    update([&](size_t first, size_t last) { AdamW(first, last, w, g, states[0].data(), states[1].data(), factors); });
  } else if (states.empty()) {
    update([&](size_t first, size_t last) { PlainSgd(first, last, w, g, rate, decay, factor); });
  } else {
    const auto step = options_.solver == Solver::kSgd ? Sgd : SgdCaffe;
    update(
        [&](size_t first, size_t last) { step(first, last, w, g, states[0].data(), momentum, rate, decay, factor); });
  }
  return is_finite;
}

}  // namespace fcn
