// SPDX-License-Identifier: Apache-2.0
// Process 1 of a PID namespace that a pod's containers share: it reaps orphans and does nothing else.
//
// It stands here because its root is empty: Swift's runtime does not start where there is no /proc.
#define _GNU_SOURCE
#include "sealed_start.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void sealed_start_pause(int argc, char **argv) {
  if (argc != 2 || strcmp(argv[0], "pause") || strcmp(argv[1], "pause")) return;
  prctl(PR_SET_NAME, "pause");
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (;;) {
    int number = 0;
    if (sigwait(&set, &number)) _exit(1);
    if (number != SIGCHLD) _exit(0);
    while (waitpid(-1, NULL, WNOHANG) > 0) {}
  }
}
