#include "cli/stages.h"

#include <fmt/format.h>

namespace fcn::cli {

nlohmann::ordered_json Stages::Means(size_t pictures) const {
  const auto mean = [&](double total) { return total / static_cast<double>(pictures); };
  return {{"decode", mean(decode)}, {"prepare", mean(prepare)}, {"network", mean(network)}, {"write", mean(write)}};
}

std::string Stages::Shares() const {
  const double percent = 100 / (decode + prepare + network + write);
  return fmt::format("decoding {:.1f} %, preparing {:.1f} %, network {:.1f} %, writing {:.1f} % of it\n",
                     decode * percent, prepare * percent, network * percent, write * percent);
}

}  // namespace fcn::cli
