// Loaded into the program from outside: sends it USR1 before main begins.
#include <signal.h>

[[gnu::constructor]] static void Send() { raise(SIGUSR1); }
