#pragma once

#include <string>
#include <vector>

#include "models/import.h"
#include "models/name_fit.h"

namespace fcn {

/// The head, the layers that make scores of a classifier's features, of a file where it is not behind the prefix of
/// the rest ("encoder." and "decode_head."), or not there at all. Of several heads that is the first: other projects
/// have no names for the rest.

/// Adds to `found` the parameters of the head that it lacks, where the file has all of them, with shapes that fit,
/// behind one other prefix that begins with `within`; a note says so. Of several prefixes the one that shares the most
/// modules with the rest's is taken, plain weights before averages. Throws Error(kInput) where that leaves several.
void FindHead(const ImportSource& source, const std::vector<WantedParameter>& wanted,
              const std::vector<Naming>& namings, const NameFit& rest, const std::string& within, FoundTensors& found,
              std::vector<std::string>& notes);

/// What says that the file has a head that would be lost, or is another network's: some layers of it are there and
/// others are not; or none is, but there are weights that could be one, which are no classifier's last layers, no
/// auxiliary head, no optimiser's and no copy of the network (`fits`). Empty where nothing says so.
std::string LostHead(const ZooEntry& entry, const ImportSource& source, const std::vector<WantedParameter>& wanted,
                     const std::vector<NameFit>& fits, const NameFit& fit, const FoundTensors& found);

/// Whether the file's head is a whole one of a coarser network: the first layers of scores are there, the finer ones
/// are not, and it has no other weights that could be a head's but upsampling.
bool IsCoarserHead(const ZooEntry& entry, const ImportSource& source, const std::vector<WantedParameter>& wanted,
                   const std::vector<NameFit>& fits, const FoundTensors& found);

}  // namespace fcn
