// fcn_peak_memory FILE PROGRAM [ARGUMENT...]: runs a program, writes the most bytes of memory that it ever had in RAM
// into FILE, and ends as it ended. A program of its own, because Linux counts what a process had before exec, too: a
// program that a large test starts would begin with the test's peak.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

int main(int count, char** words) {
  if (count < 3) return 2;
  const pid_t pid = fork();
  if (pid < 0) return 127;
  if (pid == 0) {
    execv(words[2], words + 2);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  std::FILE* file = std::fopen(words[1], "w");
  if (!file || std::fprintf(file, "%lld", usage.ru_maxrss * 1024LL) < 0 || std::fclose(file) != 0) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
