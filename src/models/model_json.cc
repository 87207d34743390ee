#include "models/model_json.h"

#include <iterator>

#include "fcn/text.h"
#include "models/class_name.h"
#include "models/json_members.h"

namespace fcn {
namespace {

using nlohmann::json;

json ToJson(const PerBand& numbers) { return std::vector<float>(numbers.begin(), numbers.end()); }

PerBand ParseBands(const json& value) {
  const std::vector<float> numbers = ToList(value, kMostBands, ToReal<float>);
  return PerBand(numbers);
}

PerBand ParseTriple(const json& value) {
  if (!value.is_array() || value.size() != 3) Malformed("mean and deviation have three numbers");
  return {ToReal<float>(value[0]), ToReal<float>(value[1]), ToReal<float>(value[2])};
}

Preprocessing::Order ParseOrder(const json& value) {
  const auto order = value.get<std::string>();
  for (const auto known : {Preprocessing::Order::kRgb, Preprocessing::Order::kBgr})
    if (order == OrderName(known)) return known;
  Malformed(fmt::format("the order {} is neither rgb nor bgr", Quoted(order)));
}

json ToJson(const GoldenVector& g) {
  json golden = {{"seed", g.seed},           {"amplitude", g.amplitude}, {"height", g.height},      {"width", g.width},
                 {"positions", g.positions}, {"scores", g.scores},       {"tolerance", g.tolerance}};
  if (!g.head.empty()) golden["head"] = g.head;
  return golden;
}

GoldenVector ParseGolden(const json& value, bool strict) {
  const Members members =
      strict ? Members(value, {"seed", "amplitude", "height", "width", "positions", "scores", "tolerance", "head"})
             : Members(value);
  return {
      .seed = members.Get("seed", ToInteger<uint64_t>),
      .amplitude = members.Get("amplitude", ToReal<float>),
      .height = members.Get("height", ToInteger<int64_t>),
      .width = members.Get("width", ToInteger<int64_t>),
      .positions = members.Get("positions",
                               [](const json& list) { return ToList(list, kMostGoldenScores, ToInteger<int64_t>); }),
      .scores = members.Get("scores", [](const json& list) { return ToList(list, kMostGoldenScores, ToReal<float>); }),
      .tolerance = members.Get("tolerance", ToReal<double>),
      .head = strict && members.Has("head") ? members.Get<std::string>("head") : ""};
}

std::string ParseRoleName(const json& value) {
  auto name = value.get<std::string>();
  if (!IsRoleName(name)) Malformed(fmt::format("{} is no name of letters, digits, - and _", Quoted(name)));
  return name;
}

InputRole ParseInput(const json& value) {
  const Members members(value, {"name", "order", "range", "mean", "deviation", "shorter_side", "crop"});
  InputRole input{.name = members.Get("name", ParseRoleName)};
  Preprocessing& p = input.preprocessing;
  p.order = members.Get("order", [](const json& order) {
    for (const auto known : {Preprocessing::Order::kBands, Preprocessing::Order::kLogs})
      if (order == OrderName(known)) return known;
    return ParseOrder(order);
  });
  const auto [least, most] = members.Get("range", ToPair<float>);
  p.least = least, p.most = most;
  p.mean = members.Get("mean", ParseBands);
  p.deviation = members.Get("deviation", ParseBands);
  p.shorter_side = members.Get("shorter_side", ToInteger<int>);
  p.crop = members.Get("crop", ToInteger<int>);
  return input;
}

HeadRole ParseHead(const json& value) {
  const Members members(value, {"name", "classes", "palette", "loss_weight"});
  return {.name = members.Get("name", ParseRoleName),
          .classes = members.Get<std::vector<std::string>>("classes"),
          .palette = members.Get("palette", ParsePalette),
          .loss_weight = members.Get("loss_weight", ToReal<double>)};
}

json ToJson(const std::vector<std::optional<double>>& numbers) {
  json list = json::array();
  for (const std::optional<double>& number : numbers) list.push_back(number ? json(*number) : json());
  return list;
}

std::vector<std::optional<double>> ParseOptionals(const json& value) {
  return ToList(value, kMostClasses, [](const json& number) {
    return number.is_null() ? std::nullopt : std::optional(ToReal<double>(number));
  });
}

/// Minus zero is zero, and is printed so.
double ToShare(const json& value) { return ToReal<double>(value) + 0.0; }

PrecisionScores ParseScores(const json& value) {
  const Members members(value, {"mean_iu", "float32_mean_iu", "interval", "iu", "float32_iu"});
  PrecisionScores scores;
  scores.mean_iu = members.Get("mean_iu", ToShare);
  scores.float32_mean_iu = members.Get("float32_mean_iu", ToShare);
  scores.interval = members.Get("interval", ToPair<double>);
  scores.iu = members.Get("iu", ParseOptionals);
  scores.float32_iu = members.Get("float32_iu", ParseOptionals);
  return scores;
}

HeadChange ParseChange(const json& value) {
  const Members members(value, {"changed_labels", "scores"});
  HeadChange change{.changed_labels = members.Get("changed_labels", ToShare)};
  if (members.Has("scores")) change.scores = members.Get("scores", ParseScores);
  return change;
}

json ToJson(const HeadChange& change) {
  json value = {{"changed_labels", change.changed_labels}};
  if (const auto& scores = change.scores)
    value["scores"] = {{"mean_iu", scores->mean_iu},
                       {"float32_mean_iu", scores->float32_mean_iu},
                       {"interval", scores->interval},
                       {"iu", ToJson(scores->iu)},
                       {"float32_iu", ToJson(scores->float32_iu)}};
  return value;
}

Precision ParsePrecision(const json& value) {
  const auto name = value.get<std::string>();
  if (const std::optional<Precision> known = PrecisionNamed(name)) return *known;
  Malformed(fmt::format("the precision {} is neither bf16 nor int8", Quoted(name)));
}

VerifiedPrecision ParseVerified(const json& value) {
  const Members members(value, {"precision", "passed", "data", "pictures", "tolerance", "heads"});
  return {.precision = members.Get("precision", ParsePrecision),
          .passed = members.Get<bool>("passed"),
          .data = members.Get<std::string>("data"),
          .pictures = members.Get("pictures", ToInteger<int64_t>),
          .tolerance = members.Get("tolerance", ToReal<double>),
          .heads = members.Get("heads", [](const json& heads) { return ToList(heads, kMostHeads, ParseChange); })};
}

}  // namespace

json ToJson(const Preprocessing& p) {
  return {{"order", OrderName(p.order)},
          {"mean", ToJson(p.mean)},
          {"deviation", ToJson(p.deviation)},
          {"shorter_side", p.shorter_side},
          {"crop", p.crop}};
}

Preprocessing ParsePreprocessing(const json& value) {
  // A member that is not known could change what the network expects.
  if (value.size() != ToJson(Preprocessing{}).size())
    Malformed("preprocessing has other members than order, mean, deviation, shorter_side, crop");
  return {.order = ParseOrder(value.at("order")),
          .mean = ParseTriple(value.at("mean")),
          .deviation = ParseTriple(value.at("deviation")),
          .shorter_side = ToInteger<int>(value.at("shorter_side")),
          .crop = ToInteger<int>(value.at("crop"))};
}

json ToJson(const std::vector<Colour>& palette) {
  json colours = json::array();
  for (const auto& [r, g, b] : palette) colours.push_back({r, g, b});
  return colours;
}

std::vector<Colour> ParsePalette(const json& value) {
  if (!value.is_array()) Malformed("a palette is a list");
  std::vector<Colour> palette;
  for (const json& colour : value) {
    if (!colour.is_array() || colour.size() != 3) Malformed("a colour has three numbers");
    palette.push_back({ToInteger<uint8_t>(colour[0]), ToInteger<uint8_t>(colour[1]), ToInteger<uint8_t>(colour[2])});
  }
  return palette;
}

json ToJson(const std::vector<GoldenVector>& goldens) {
  json list = json::array();
  for (const GoldenVector& golden : goldens) list.push_back(ToJson(golden));
  return list;
}

std::vector<GoldenVector> ParseGoldens(const json& value, bool strict) {
  return ToList(value, kMostGoldens, [&](const json& golden) { return ParseGolden(golden, strict); });
}

json ToJson(const std::vector<InputRole>& inputs) {
  json list = json::array();
  for (const InputRole& input : inputs) {
    json value = ToJson(input.preprocessing);
    value["name"] = input.name;
    value["range"] = {input.preprocessing.least, input.preprocessing.most};
    list.push_back(std::move(value));
  }
  return list;
}

std::vector<InputRole> ParseInputs(const json& value) { return ToList(value, kMostInputs, ParseInput); }

json ToJson(const std::vector<HeadRole>& heads) {
  json list = json::array();
  for (const HeadRole& head : heads)
    list.push_back({{"name", head.name},
                    {"classes", head.classes},
                    {"palette", ToJson(head.palette)},
                    {"loss_weight", head.loss_weight}});
  return list;
}

std::vector<HeadRole> ParseHeads(const json& value) { return ToList(value, kMostHeads, ParseHead); }

json ToJson(const std::vector<VerifiedPrecision>& precisions) {
  json list = json::array();
  for (const VerifiedPrecision& verified : precisions) {
    json heads = json::array();
    for (const HeadChange& change : verified.heads) heads.push_back(ToJson(change));
    list.push_back({{"precision", PrecisionName(verified.precision)},
                    {"passed", verified.passed},
                    {"data", verified.data},
                    {"pictures", verified.pictures},
                    {"tolerance", verified.tolerance},
                    {"heads", std::move(heads)}});
  }
  return list;
}

std::vector<VerifiedPrecision> ParsePrecisions(const json& value) {
  return ToList(value, std::size(kPrecisions), ParseVerified);
}

}  // namespace fcn
