#include "train/checkpoint_roles.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "fcn/text.h"
#include "train/json_number.h"

namespace fcn {
namespace {

constexpr char kRoles[] = "roles";  // of a checkpoint's metadata

std::string ReadName(const nlohmann::json& value, const std::string& where) {
  auto name = value.get<std::string>();
  if (!IsRoleName(name)) ThrowDamaged(where, fmt::format("\"{}\" has the name {}", kRoles, Quoted(name)));
  return name;
}

}  // namespace

void WriteRoles(const ModelContents& model, Checkpoint& checkpoint) {
  if (!model.names_roles()) return;
  checkpoint.metadata[kRoles] = nlohmann::ordered_json{{"input", model.input().name},
                                                       {"head", model.head().name},
                                                       {"loss_weight", ExactNumber(model.head().loss_weight)}}
                                    .dump();
}

void ReadRoles(const Checkpoint& checkpoint, const std::string& where, ModelContents& model) {
  const auto found = checkpoint.metadata.find(kRoles);
  if (found == checkpoint.metadata.end()) return;
  try {
    const auto roles = nlohmann::json::parse(found->second);
    model.input().name = ReadName(roles.at("input"), where);
    model.head().name = ReadName(roles.at("head"), where);
    model.head().loss_weight = ReadExactNumber(roles.at("loss_weight"));
  } catch (const nlohmann::json::exception& error) {
    ThrowDamaged(where, fmt::format("\"{}\" is malformed: {}", kRoles, Quoted(error.what())));
  }
  if (const double weight = model.head().loss_weight; !std::isfinite(weight) || weight < 0)
    ThrowDamaged(where, fmt::format("\"{}\" has a loss that weighs {}", kRoles, weight));
}

}  // namespace fcn
