#include "caffe/wiring.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "caffe/refusal.h"
#include "fcn/text.h"

namespace fcn {

CaffeWiring::CaffeWiring(const CaffeNet& net) {
  std::map<std::string, CaffeTop> given;
  for (size_t i = 0; i < net.layers.size(); i++) {
    const CaffeLayer& layer = net.layers[i];
    std::vector<CaffeTop>& bottoms = bottoms_.emplace_back();
    for (const std::string& name : layer.bottoms) {
      const auto found = given.find(name);
      if (found == given.end())
        RefuseCaffe(ErrorCode::kInput, net, layer,
                    fmt::format("it reads {}, which no layer before it gives", Quoted(name)),
                    "Layers stand in the order in which they are computed; look for a missing or misspelt top.");
      bottoms.push_back(found->second);
      readers_[found->second.layer][found->second.top].push_back(i);
    }
    readers_.emplace_back(layer.tops.size());
    for (size_t top = 0; top < layer.tops.size(); top++) {
      const std::string& name = layer.tops[top];
      const bool is_in_place = top < layer.bottoms.size() && layer.bottoms[top] == name;
      if (!given.insert_or_assign(name, CaffeTop{i, top}).second && !is_in_place)
        RefuseCaffe(ErrorCode::kInput, net, layer,
                    fmt::format("it gives {}, which a layer before it gives", Quoted(name)),
                    "Give each top a name of its own.");
    }
  }
}

std::vector<bool> CaffeWiring::NeededFor(const std::vector<CaffeTop>& tops) const {
  std::vector<bool> needed(bottoms_.size());
  for (const CaffeTop& top : tops) needed[top.layer] = true;
  for (size_t i = bottoms_.size(); i-- > 0;)
    if (needed[i])
      for (const CaffeTop& bottom : bottoms_[i]) needed[bottom.layer] = true;
  return needed;
}

}  // namespace fcn
