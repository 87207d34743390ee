#include "formats/caffe/solver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/layers.h"
#include "formats/caffe/text.h"

namespace fcn {
namespace {

constexpr char kCorrectSolver[] = "Correct that line of the solver.";

/// Older solvers name their type by a value of an enumeration.
constexpr std::pair<std::string_view, std::string_view> kSolverTypes[] = {
    {"SGD", "SGD"},         {"NESTEROV", "Nesterov"}, {"ADAGRAD", "AdaGrad"},
    {"RMSPROP", "RMSProp"}, {"ADADELTA", "AdaDelta"}, {"ADAM", "Adam"}};

class SolverReader {
 public:
  explicit SolverReader(CaffeSolver& solver) : solver_(solver), settings_(solver.settings) {}

  void Read() {
    RefuseUnknown();
    ReadType();
    ReadRate();
    ReadRest();
    ReadTrainNet();
    ReadTestNets();
  }

 private:
  void RefuseUnknown() const {
    if (settings_.unknown().empty()) return;
    const CaffeUnknownField& field = settings_.unknown().front();
    const bool is_net = std::ranges::any_of(settings_.unknown(), [](const CaffeUnknownField& unknown) {
      return unknown.name == "layer" || unknown.name == "layers" || unknown.name == "input";
    });
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("{}, line {}: no solver of Caffe has a field {}", Shown(solver_.file), field.line,
                    Quoted(field.name)),
        is_net ? "This is a network: give the solver that names it." : "Remove the field, or correct its name.");
  }

  void ReadType() {
    if (settings_.Has("type") && settings_.Has("solver_type"))
      Refuse("solver_type", "type and solver_type are both there");
    solver_.type = settings_.Text("type");
    if (!settings_.Has("solver_type")) return;
    for (const auto& [old, name] : kSolverTypes)
      if (settings_.Text("solver_type") == old) solver_.type = name;
  }

  void ReadRate() {
    constexpr std::array kPolicies = {"fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid"};
    solver_.policy = settings_.Text("lr_policy");
    if (std::ranges::find(kPolicies, solver_.policy) == kPolicies.end())
      Refuse("lr_policy",
             settings_.Has("lr_policy")
                 ? fmt::format("lr_policy {} is none of {}", Quoted(solver_.policy), fmt::join(kPolicies, ", "))
                 : fmt::format("lr_policy is missing: one of {}", fmt::join(kPolicies, ", ")));
    solver_.base_rate = settings_.Number("base_lr");
    solver_.gamma = settings_.Number("gamma");
    solver_.power = settings_.Number("power");
    solver_.step = settings_.Integer("stepsize");
    for (const double step : settings_.Numbers("stepvalue")) solver_.steps.push_back(static_cast<int64_t>(step));
    if ((solver_.policy == "step" || solver_.policy == "sigmoid") && solver_.step <= 0)
      Refuse("stepsize", fmt::format("lr_policy {} needs a stepsize above 0", Quoted(solver_.policy)));
    if (solver_.policy == "step" || solver_.policy == "exp" || solver_.policy == "multistep") NotNegative("gamma");
    if (!std::ranges::is_sorted(solver_.steps)) Refuse("stepvalue", "stepvalue goes down");
  }

  void ReadRest() {
    for (const char* name : {"base_lr", "max_iter", "test_interval", "snapshot", "weight_decay", "momentum"})
      NotNegative(name);
    solver_.momentum = settings_.Number("momentum");
    solver_.momentum2 = settings_.Number("momentum2");
    solver_.rms_decay = settings_.Number("rms_decay");
    solver_.delta = settings_.Number("delta");
    solver_.weight_decay = settings_.Number("weight_decay");
    solver_.regularisation = settings_.Text("regularization_type");
    if (solver_.regularisation != "L1" && solver_.regularisation != "L2")
      Refuse("regularization_type",
             fmt::format("regularization_type {} is neither L1 nor L2", Quoted(solver_.regularisation)));
    if (settings_.Number("clip_gradients") >= 0) solver_.clip_gradients = settings_.Number("clip_gradients");
    solver_.iterations = settings_.Integer("max_iter");
    solver_.accumulated = settings_.Integer("iter_size");
    if (solver_.accumulated < 1) Refuse("iter_size", "iter_size is below 1");
    solver_.test_interval = settings_.Integer("test_interval");
    solver_.snapshot = settings_.Integer("snapshot");
    solver_.snapshot_prefix = settings_.Text("snapshot_prefix");
    if (settings_.Integer("random_seed") >= 0) solver_.seed = settings_.Integer("random_seed");
    for (const std::string& paths : settings_.Texts("weights")) AddWeights(paths);
  }

  /// One path, or several with commas between them.
  void AddWeights(std::string_view paths) {
    while (!paths.empty()) {
      const size_t comma = std::min(paths.find(','), paths.size());
      std::string_view path = paths.substr(0, comma);
      path.remove_prefix(std::min(path.find_first_not_of(' '), path.size()));
      path = path.substr(0, path.find_last_not_of(' ') + 1);
      if (!path.empty()) solver_.weights.emplace_back(path);
      paths.remove_prefix(std::min(comma + 1, paths.size()));
    }
  }

  CaffeSolverNet NetAt(const char* path, size_t index) const {
    CaffeSolverNet net;
    net.path = settings_.Text(path, index);
    net.line = settings_.LineOf(path);
    return net;
  }

  CaffeSolverNet NetInside(const char* field, size_t index) const {
    CaffeSolverNet net;
    CaffeMessage message = settings_.Message(field, index);
    net.line = message.line();
    net.net = CaffeNetOf(std::move(message), solver_.file);
    return net;
  }

  void ReadTrainNet() {
    constexpr std::array kFields = {"train_net_param", "train_net", "net_param", "net"};
    const char* given = nullptr;
    for (const char* field : kFields) {
      if (!settings_.Has(field)) continue;
      if (given != nullptr) Refuse(field, fmt::format("two networks to train: {} and {}", given, field));
      given = field;
    }
    if (given == nullptr) Refuse("net", fmt::format("no network to train: none of {}", fmt::join(kFields, ", ")));
    solver_.train = std::string_view(given).ends_with("_param") ? NetInside(given, 0) : NetAt(given, 0);
    solver_.train.state = settings_.Message("train_state");
  }

  void ReadTestNets() {
    for (size_t i = 0; i < settings_.Count("test_net_param"); i++)
      solver_.tests.push_back(NetInside("test_net_param", i));
    for (size_t i = 0; i < settings_.Count("test_net"); i++) solver_.tests.push_back(NetAt("test_net", i));
    const size_t counts = settings_.Count("test_iter");
    const bool is_shared = settings_.Has("net") || settings_.Has("net_param");
    if (is_shared ? counts < solver_.tests.size() : counts != solver_.tests.size())
      Refuse("test_iter", fmt::format("test_iter is needed once for each network that is tested: there are {} and {}",
                                      counts, solver_.tests.size()));
    constexpr size_t kMostTests = 1000;
    if (counts > kMostTests) Refuse("test_iter", fmt::format("more than {} networks to test", kMostTests));
    // Tests that are left take the network that is trained.
    for (CaffeSolverNet shared; solver_.tests.size() < counts; solver_.tests.push_back(shared)) {
      shared.path = solver_.train.path;
      shared.line = solver_.train.line;
    }
    const size_t states = settings_.Count("test_state");
    if (states > 0 && states != counts)
      Refuse("test_state",
             fmt::format("test_state is there {} times, for {} networks that are tested", states, counts));
    for (size_t i = 0; i < counts; i++) {
      solver_.tests[i].iterations = settings_.Integer("test_iter", i);
      if (solver_.tests[i].iterations < 0) Refuse("test_iter", "test_iter is negative");
      if (states > 0) solver_.tests[i].state = settings_.Message("test_state", i);
    }
    if (counts > 0 && solver_.test_interval == 0)
      Refuse("test_interval", "networks are tested, but test_interval is 0");
  }

  void NotNegative(const char* name) const {
    const double value = settings_.Number(name);
    if (!(value >= 0) || std::isinf(value)) Refuse(name, fmt::format("{} is {}, not a number from 0 up", name, value));
  }

  [[noreturn]] void Refuse(const char* field, const std::string& what) const {
    throw Error(ErrorCode::kInput, fmt::format("{}, line {}: {}", Shown(solver_.file), settings_.LineOf(field), what),
                kCorrectSolver);
  }

  CaffeSolver& solver_;
  const CaffeMessage& settings_;
};

}  // namespace

CaffeSolver ParseCaffeSolver(std::string_view text, const std::string& name) {
  CaffeSolver solver;
  solver.file = name;
  solver.settings = ParseCaffeText(text, "SolverParameter", name);
  SolverReader(solver).Read();
  return solver;
}

CaffeSolver ReadCaffeSolver(const std::filesystem::path& path) {
  return ParseCaffeSolver(ReadCaffeText(path), path.string());
}

}  // namespace fcn
