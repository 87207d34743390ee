#include "formats/caffe/layers.h"

#include <utility>

#include "formats/caffe/upgrade.h"

namespace fcn {
namespace {

CaffeLayer LayerOf(CaffeMessage settings) {
  CaffeLayer layer{.name = settings.Text("name"),
                   .type = settings.Text("type"),
                   .line = settings.line(),
                   .bottoms = settings.Texts("bottom"),
                   .tops = settings.Texts("top"),
                   .parameters = {},
                   .loss_weights = settings.Numbers("loss_weight"),
                   .propagate_down = {},
                   .blobs = {}};
  for (const CaffeMessage& parameter : settings.Messages("param"))
    layer.parameters.push_back({.name = parameter.Text("name"),
                                .permissive = parameter.Text("share_mode") == "PERMISSIVE",
                                .lr_mult = parameter.Number("lr_mult"),
                                .decay_mult = parameter.Number("decay_mult"),
                                .line = parameter.line()});
  for (const double flag : settings.Numbers("propagate_down")) layer.propagate_down.push_back(flag != 0);
  layer.settings = std::move(settings);
  return layer;
}

}  // namespace

CaffeNet CaffeNetOf(CaffeMessage net, const std::string& file) {
  UpgradeCaffeV0(net, file);
  UpgradeCaffeV1(net, file);
  UpgradeCaffeInputs(net, file);
  RenameCaffeVariants(net);
  UpgradeCaffeBatchNorms(net);
  CaffeNet result{.file = file,
                  .name = net.Text("name"),
                  .layers = {},
                  .state = net.Message("state"),
                  .force_backward = net.Flag("force_backward"),
                  .unknown = net.unknown()};
  std::vector<CaffeValue> layers = net.Take("layer");
  for (CaffeValue& layer : layers) result.layers.push_back(LayerOf(std::move(layer.message.front())));
  return result;
}

}  // namespace fcn
