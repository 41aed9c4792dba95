// SPDX-License-Identifier: Apache-2.0
// inject: makes one system call after the other fail, in the processes between the runtime's clone(2) and the execve(2) of
// the container's program, and tells what became of the program.
//
//   inject WHICH ERRNO JOBS OUT COMMAND [ARGUMENT…]
//
// COMMAND runs once untouched (number 0), which also counts the calls; then once for every call, JOBS side by side. `%k` in an
// argument is the number of the run, `%j` the number of the job. What COMMAND wrote goes to OUT/N.out and OUT/N.err, and
// standard output gets a line a run, in the order in which they end:
//
//   NUMBER PROCESS CALL FIRST_ARGUMENT INJECTED EXECUTED STATUS
//
// WHICH is `between`, for the calls of processes that the runtime has made and that have not executed yet, or `all`, for its own
// calls as well. PROCESS counts those processes from 1, in the order of their birth; 0 is the runtime itself. INJECTED is 1 when
// the call was reached, EXECUTED the number of programs that the processes in between became, STATUS what a
// shell would say of COMMAND, or `timeout`.
//
// A process counts from its birth by a process whose program is `holdfast-runtime`, until it executes: then it is let go, and
// runs as if nobody had looked. The call is not made at all. strace(1) injects, too, but counts per process and call, and
// cannot tell the runtime from what it forks. Source: ptrace(2).
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 64, PROCESSES = 16, SECONDS = 30 };

struct tracee {
  pid_t pid;
  int counts;   // between clone and execve, or the runtime itself
  int own;      // the runtime itself
  int process;  // in the order of birth
  long calls;
  int pending;  // its call has been taken away and must now answer the error
};

struct run {
  int target;        // the process whose call fails
  long target_call;  // counted from 1
  int births;
  long calls[PROCESSES];
  long call;
  unsigned long long argument;
  int injected, executed, status;
  struct tracee tracees[MOST];
};

static int error, all;
static const char *out;
static char **words;

static struct run *current;
static volatile sig_atomic_t late;

static void fail(const char *what) {
  fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void on_alarm(int number) {
  (void)number;
  late = 1;
  for (int i = 0; i < MOST; i++)
    if (current->tracees[i].pid) kill(current->tracees[i].pid, SIGKILL);
}

static struct tracee *find(struct run *run, pid_t pid) {
  for (int i = 0; i < MOST; i++)
    if (run->tracees[i].pid == pid) return &run->tracees[i];
  return NULL;
}

static struct tracee *add(struct run *run, pid_t pid) {
  struct tracee *known = find(run, pid);
  if (known) return known;
  struct tracee *free = find(run, 0);
  if (!free) fail("too many processes");
  *free = (struct tracee){.pid = pid};
  return free;
}

// By its command line: its file is behind a mount that has no path.
static int is_runtime(pid_t pid) {
  char path[64], name[4096];
  snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t length = read(file, name, sizeof name - 1);
  close(file);
  if (length <= 0) return 0;
  name[length] = 0;
  const char *last = strrchr(name, '/');
  return !strcmp(last ? last + 1 : name, "holdfast-runtime");
}

static void take_call_away(pid_t pid) {
#ifdef __x86_64__
  if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), -1L)) fail("PTRACE_POKEUSER");
#elif defined __aarch64__
  int none = -1;
  struct iovec part = {&none, sizeof none};
  if (ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &part)) fail("PTRACE_SETREGSET");
#else
#error "registers of this architecture are not known here"
#endif
}

static void answer(pid_t pid) {
#ifdef __x86_64__
  if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), (long)-error)) fail("PTRACE_POKEUSER");
#else
  struct user_regs_struct registers;
  struct iovec part = {&registers, sizeof registers};
  if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part)) fail("PTRACE_GETREGSET");
  registers.regs[0] = (unsigned long long)-(long long)error;
  if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &part)) fail("PTRACE_SETREGSET");
#endif
}

static void on_call(struct run *run, struct tracee *tracee) {
  struct __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof info, &info) <= 0) return;  // killed meanwhile
  if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
    if (tracee->pending) answer(tracee->pid);
    tracee->pending = 0;
    return;
  }
  long call = (long)info.entry.nr;
  // These cannot fail: what close(2) answers, the descriptor is free.
  if (call == SYS_exit || call == SYS_exit_group || call == SYS_rt_sigreturn || call == SYS_close || call == SYS_umask) return;
  run->calls[tracee->process]++;
  if (++tracee->calls != run->target_call || tracee->process != run->target) return;
  run->call = call;
  run->argument = info.entry.args[0];
  run->injected = tracee->pending = 1;
  take_call_away(tracee->pid);
}

// What happened to one process; 0 when it is no longer ours.
static void on_stop(struct run *run, pid_t pid, int status) {
  struct tracee *tracee = add(run, pid);
  int signal = WSTOPSIG(status), deliver = 0;
  switch (status >> 16) {
  case PTRACE_EVENT_CLONE:
  case PTRACE_EVENT_FORK:
  case PTRACE_EVENT_VFORK: {
    unsigned long child = 0;
    ptrace(PTRACE_GETEVENTMSG, pid, 0, &child);
    int counts = tracee->counts || is_runtime(pid);
    struct tracee *new = add(run, (pid_t)child);
    // It may have stopped before its parent did, and waits then.
    int waits = new->counts == -1;
    new->counts = counts;
    if (counts && (new->process = ++run->births) >= PROCESSES) fail("too many processes");
    if (waits && ptrace(counts ? PTRACE_SYSCALL : PTRACE_CONT, new->pid, 0, 0) && errno != ESRCH) fail("PTRACE_CONT");
    break;
  }
  case PTRACE_EVENT_EXEC:
    if (all && !tracee->process && is_runtime(pid)) tracee->counts = tracee->own = 1;
    if (!tracee->counts || tracee->own) break;
    run->executed++;
    tracee->pid = 0;
    if (ptrace(PTRACE_DETACH, pid, 0, 0) && errno != ESRCH) fail("PTRACE_DETACH");
    return;
  case PTRACE_EVENT_STOP:
    break;
  default:
    if (signal == (SIGTRAP | 0x80)) on_call(run, tracee);
    else deliver = signal;
  }
  if (ptrace(tracee->counts ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, deliver) && errno != ESRCH) fail("PTRACE_CONT");
}

static void keep(long number, const char *kind, int from) {
  char path[4096], part[65536];
  snprintf(path, sizeof path, "%s/%ld.%s", out, number, kind);
  int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (to < 0) fail(path);
  for (ssize_t got; (got = read(from, part, sizeof part)) > 0;)
    if (write(to, part, (size_t)got) != got) fail(path);
  close(to);
  close(from);
}

static char **expand(long number, int job) {
  static char *result[256];
  int count = 0;
  for (; words[count] && count < 255; count++) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    for (char *c = words[count]; *c; c++) {
      if (c[0] == '%' && c[1] == 'k') fprintf(stream, "%ld", number), c++;
      else if (c[0] == '%' && c[1] == 'j') fprintf(stream, "%d", job), c++;
      else fputc(*c, stream);
    }
    fclose(stream);
    result[count] = text;
  }
  result[count] = NULL;
  return result;
}

// One run, with one call of one process failing: none for call 0. Returns how many calls each process made.
static const long *once(long number, int job, int process, long call) {
  static struct run run;
  run = (struct run){.target = process, .target_call = call, .call = -1};
  current = &run;
  late = 0;
  int output[2], errors[2];
  if (pipe2(output, O_CLOEXEC) || pipe2(errors, O_CLOEXEC)) fail("pipe2");
  char **arguments = expand(number, job);
  pid_t first = fork();
  if (first < 0) fail("fork");
  if (first == 0) {
    int input = open("/dev/null", O_RDONLY);
    dup2(input, 0), dup2(output[1], 1), dup2(errors[1], 2);
    if (input > 2) close(input);
    raise(SIGSTOP);
    execvp(arguments[0], arguments);
    fail(arguments[0]);
  }
  close(output[1]), close(errors[1]);
  add(&run, first);
  if (waitpid(first, NULL, WUNTRACED) != first) fail("waitpid");
  if (ptrace(PTRACE_SEIZE, first, 0,
             PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
                 PTRACE_O_EXITKILL))
    fail("PTRACE_SEIZE");
  alarm(SECONDS);
  kill(first, SIGCONT);
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) break;  // ECHILD: all have gone or have been let go
    if (WIFSTOPPED(status)) {
      // The first stop of a process that its parent has not told of yet: it waits until then.
      if (!find(&run, pid)) {
        add(&run, pid)->counts = -1;
        continue;
      }
      on_stop(&run, pid, status);
      continue;
    }
    struct tracee *ended = find(&run, pid);
    if (ended) ended->pid = 0;
    if (pid == first) run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  keep(number, "out", output[0]);
  keep(number, "err", errors[0]);
  alarm(0);
  char line[256], end[16];
  char *name = run.call < 0 ? NULL : seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)run.call);
  snprintf(end, sizeof end, late ? "timeout" : "%d", run.status);
  int length = snprintf(line, sizeof line, "%ld %d %s %llu %d %d %s\n", number, process, name ? name : "-", run.argument, run.injected,
                        run.executed, end);
  if (write(1, line, (size_t)length) != length) fail("standard output");
  free(name);
  return run.calls;
}

int main(int argc, char **argv) {
  if (argc < 6) {
    fprintf(stderr, "usage: inject between|all ERRNO JOBS OUT COMMAND [ARGUMENT…]\n");
    return 2;
  }
  all = !strcmp(argv[1], "all");
  error = atoi(argv[2]);
  int jobs = atoi(argv[3]);
  out = argv[4];
  words = argv + 5;
  struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, NULL);
  long calls[PROCESSES];
  memcpy(calls, once(0, 0, 0, 0), sizeof calls);
  for (int job = 0; job < jobs; job++) {
    pid_t worker = fork();
    if (worker < 0) fail("fork");
    if (worker) continue;
    long number = 0;
    for (int process = 0; process < PROCESSES; process++)
      for (long call = 1; call <= calls[process]; call++)
        if (++number % jobs == job) once(number, job, process, call);
    _exit(0);
  }
  int bad = 0;
  for (int status; wait(&status) > 0;) bad |= status;
  return bad ? 1 : 0;
}
