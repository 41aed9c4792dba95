// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// What failed in the child, as the number of the call and errno: a pointer would do, but says less in a core file.
static const char *const calls[] = {"prctl(PR_SET_PDEATHSIG)", "setsid", "chdir", "fcntl(F_DUPFD_CLOEXEC)", "dup2",
                                    "close_range", "sigprocmask", "execve", "execveat"};
enum { DEATH_SIGNAL, SESSION, FOLDER, COPY, INSTALL, CLOSE, SIGNALS, EXECUTE, EXECUTE_FILE };

struct report {
  int call, error;
};

// Between fork and exec in a process that may have had threads: async-signal-safe calls alone, signal-safety(7).
static struct report become(const struct clinux_program *program, int parent, int *copies) {
  int done;
  if (program->parent_death_signal) {
    if ((done = clinux_parent_death_signal(program->parent_death_signal)) < 0) return (struct report){DEATH_SIGNAL, done};
    // The parent may have ended before the call; then nobody would send the signal.
    if (clinux_get_ppid() != parent) _exit(127);
  }
  if (program->new_session && (done = clinux_setsid()) < 0) return (struct report){SESSION, done};
  if (program->folder && (done = clinux_chdir(program->folder)) < 0) return (struct report){FOLDER, done};
  // First all out of the way, so that no dup2 overwrites one that is yet to be placed.
  for (size_t i = 0; i < program->count; i++)
    if ((copies[i] = clinux_dup_above(program->descriptors[i], (int)program->count)) < 0)
      return (struct report){COPY, copies[i]};
  int file = program->file < 0 ? -1 : clinux_dup_above(program->file, (int)program->count);
  if (program->file >= 0 && file < 0) return (struct report){COPY, file};
  for (size_t i = 0; i < program->count; i++)
    if ((done = clinux_dup2(copies[i], (int)i)) < 0) return (struct report){INSTALL, done};
  if ((done = clinux_close_range((unsigned)program->count, ~0U, 1)) < 0) return (struct report){CLOSE, done};
  if ((done = clinux_reset_signals()) < 0) return (struct report){SIGNALS, done};
  if (file >= 0)
    return (struct report){EXECUTE_FILE, clinux_execveat(file, program->arguments, program->environment)};
  return (struct report){EXECUTE, clinux_execve(program->path, program->arguments, program->environment)};
}

int clinux_spawn(const struct clinux_program *program, int *pidfd, const char **failed) {
  int reader, writer, copies[program->count + 1];
  *failed = "pipe2";
  int done = clinux_pipe(&reader, &writer);
  if (done < 0) return done;
  // The report stands above the descriptors to place, which would overwrite it.
  *failed = calls[COPY];
  int report = clinux_dup_above(writer, (int)program->count);
  close(writer);
  if (report < 0) {
    close(reader);
    return report;
  }
  // No handler of ours may run in the child.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int parent = clinux_get_pid();
  int pid = clinux_clone(0, pidfd, -1);
  if (pid == 0) {
    struct report problem = become(program, parent, copies);
    if (write(report, &problem, sizeof problem) < 0) _exit(126);
    _exit(127);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(report);
  *failed = "clone3";
  struct report problem;
  ssize_t length = pid < 0 ? 0 : clinux_read(reader, &problem, sizeof problem);
  close(reader);
  if (length <= 0) return pid;
  int code, status;
  clinux_wait_pidfd(*pidfd, 1, &code, &status);
  close(*pidfd);
  *failed = calls[problem.call];
  return problem.error;
}

int clinux_memfd(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}
