#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/foreign_names.h"
#include "models/import.h"
#include "models/wanted.h"

namespace fcn {

/// Which head of a network has which weights of a file that fcn wrote: the head of its name where both name all of
/// theirs, so that neither their order nor heads that come and go matter; else that of its place.
class HeadMatch {
 public:
  HeadMatch(const ImportSource& source, const std::vector<HeadRole>& heads);

  bool is_by_name() const { return is_by_name_; }
  /// What the file says of a head; null where it lacks it, or says nothing of heads.
  const HeadRole* Of(size_t head) const;
  /// The heads that the file lacks, where they meet by name: "a, b".
  std::string Missing() const;
  /// The file's names for a network's parameters, where they meet by name. Heads that it lacks have names that it does
  /// not have.
  Naming NamingOf(const ZooEntry& entry, const NetworkForm& form, const std::vector<WantedParameter>& wanted) const;

 private:
  const ImportSource& source_;
  const std::vector<HeadRole>& heads_;
  bool is_by_name_;
  std::vector<std::optional<size_t>> places_;  // in the file, of each head
};

/// The file's heads, or its inputs: "class, geometry"; "image, depth:1", of which those of other bands than three say
/// how many.
std::string HeadNames(const std::vector<HeadRole>& heads);
std::string InputNames(const std::vector<InputPort>& inputs);

}  // namespace fcn
