#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fcn::test {

struct ProgramResult {
  int exit_code = -1;  ///< 128 + the signal where one ended it
  std::string out, err;
  int64_t peak_bytes = 0;  ///< the most memory that it ever had in RAM: of RunMeasured alone
};

/// Runs a program to its end, with no standard input. `while_running` is called once with its process id.
ProgramResult RunProgram(const std::vector<std::string>& arguments,
                         const std::function<void(int pid)>& while_running = {});

/// RunProgram with peak_bytes.
ProgramResult RunMeasured(std::vector<std::string> arguments);

}  // namespace fcn::test
