#pragma once

#include <span>

#include "base/check.h"
#include "base/isa.h"
#include "tensor/conv_problem.h"
#include "tensor/element_type.h"

namespace fcn::steps {

/// What a kernel is chosen by, beside the problem.
struct KernelChoice {
  Isa isa;
  bool winograd = true;  ///< false forbids it
  ElementType type = ElementType::kFloat32;
};

/// A kernel that computes one kind of problem: what it is called, and where it runs.
struct Candidate {
  const char* name;                                ///< what profiles and tests call it
  bool (*supports)(const ConvProblem&) = nullptr;  ///< whether it can; none: always
  bool (*pays)(const ConvProblem&) = nullptr;      ///< of what it can: whether those behind it are slower; none: always
  bool is_winograd = false;
  ElementType type = ElementType::kFloat32;  ///< of the activations it reads
  CpuFeatures needs = {};

  bool Fits(const ConvProblem& problem, const KernelChoice& choice) const {
    return type == choice.type && FeaturesOf(choice.isa).HasAll(needs) && (choice.winograd || !is_winograd) &&
           (supports == nullptr || supports(problem)) && (pays == nullptr || pays(problem));
  }
};

/// The first of an ordered list that fits. So the choice is a pure function of layer and instruction set, by counting,
/// never by timing; a list ends with a kernel that always fits. (As oneDNN's lists of implementations have it.)
template <typename Family>
const Family& FirstThatFits(std::span<const Family> candidates, const ConvProblem& problem,
                            const KernelChoice& choice) {
  for (const Family& family : candidates)
    if (family.kernel.Fits(problem, choice)) return family;
  CheckFailed("a kernel fits the problem", __FILE__, __LINE__);
}

}  // namespace fcn::steps
