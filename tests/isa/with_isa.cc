// with_isa ISA PROGRAM [ARG...]: runs a program with that instruction set forced; exits with 77, which ctest counts as
// skipped, where this machine lacks it.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/isa.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s ISA PROGRAM [ARG...]\n", argv[0]);
    return 2;
  }
  const auto& isas = fcn::SupportedIsas();
  if (std::none_of(isas.begin(), isas.end(),
                   [&](fcn::Isa isa) { return std::strcmp(fcn::IsaName(isa), argv[1]) == 0; })) {
    std::printf("skipped: this machine has no %s\n", argv[1]);
    return 77;
  }
  setenv("FCN_ISA", argv[1], 1);
  execvp(argv[2], argv + 2);
  std::perror(argv[2]);
  return 1;
}
