#include "support/run_program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace fcn::test {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// Output goes to unnamed files, not pipes, so that it never blocks however much there is.
File Unnamed() {
  File file(std::tmpfile(), std::fclose);
  if (!file) throw std::runtime_error("no temporary file is to be had");
  return file;
}

std::string Content(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  return text;
}

}  // namespace

ProgramResult RunProgram(const std::vector<std::string>& arguments, const std::function<void(int)>& while_running) {
  const File out = Unnamed(), err = Unnamed();
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(fileno(out.get()), STDOUT_FILENO);
    dup2(fileno(err.get()), STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  if (while_running) while_running(pid);
  int status = 0;
  waitpid(pid, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, Content(out.get()), Content(err.get())};
}

ProgramResult RunMeasured(std::vector<std::string> arguments) {
  const File peak = Unnamed();
  arguments.insert(arguments.begin(), {FCN_PEAK_MEMORY, "/dev/fd/" + std::to_string(fileno(peak.get()))});
  ProgramResult result = RunProgram(arguments);
  result.peak_bytes = std::stoll(Content(peak.get()));
  return result;
}

}  // namespace fcn::test
