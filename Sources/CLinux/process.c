// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <malloc.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

void clinux_trim_memory(void) { malloc_trim(0); }

int clinux_clone(uint64_t flags, int *pidfd, int cgroup) {
  // clone(2): a sibling has the exit signal of its parent's child.
  struct clone_args arguments = {.flags = flags, .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD};
  if (pidfd) {
    arguments.flags |= CLONE_PIDFD;
    arguments.pidfd = (uint64_t)(uintptr_t)pidfd;
  }
  if (cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)cgroup;
  }
  return result(syscall(SYS_clone3, &arguments, sizeof arguments));
}

// clone(2), the older call, for a process whose filter refuses clone3(2): SIGCHLD is the sibling's as it is the caller's.
int clinux_clone_sibling(void) { return result(syscall(SYS_clone, CLONE_PARENT, NULL, NULL, NULL, 0UL)); }

int clinux_pidfd_open(int pid) { return result(syscall(SYS_pidfd_open, pid, 0)); }
int clinux_pidfd_send_signal(int pidfd, int signal) {
  return result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int clinux_wait_pidfd(int pidfd, int block, int *code, int *status) {
  siginfo_t info = {0};
  int done;
  do done = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | (block ? 0 : WNOHANG));
  while (done < 0 && errno == EINTR);
  if (done < 0) return -errno;
  if (!info.si_pid) return 0;
  *code = info.si_code;
  *status = info.si_status;
  return 1;
}

int clinux_reap_any(int *code, int *status) {
  siginfo_t info = {0};
  int done;
  do done = waitid(P_ALL, 0, &info, WEXITED | WNOHANG);
  while (done < 0 && errno == EINTR);
  if (done < 0) return -errno;
  *code = info.si_code;
  *status = info.si_status;
  return info.si_pid;
}

int clinux_unshare(uint64_t flags) { return result(unshare((int)flags)); }
int clinux_setns(int fd, uint64_t type) { return result(setns(fd, (int)type)); }
int clinux_parent_death_signal(int signal) { return result(prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)); }
int clinux_set_dumpable(int value) { return result(prctl(PR_SET_DUMPABLE, value, 0, 0, 0)); }
int clinux_set_no_new_privs(void) { return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }
int clinux_set_child_subreaper(void) { return result(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }
int clinux_set_name(const char *name) { return result(prctl(PR_SET_NAME, name, 0, 0, 0)); }
int clinux_set_keep_caps(int value) { return result(prctl(PR_SET_KEEPCAPS, value, 0, 0, 0)); }
int clinux_get_pid(void) { return (int)syscall(SYS_getpid); }
int clinux_get_ppid(void) { return (int)syscall(SYS_getppid); }
int clinux_setsid(void) { return result(setsid()); }
int clinux_kill(int pid, int signal) { return result(kill(pid, signal)); }
int clinux_umask(unsigned int mask) { return (int)umask(mask); }
int clinux_chdir(const char *path) { return result(chdir(path)); }
int clinux_fchdir(int fd) { return result(fchdir(fd)); }
int clinux_getcwd(char *buffer, size_t size) { return result(syscall(SYS_getcwd, buffer, size)); }
int clinux_set_hostname(const char *name, size_t length) { return result(sethostname(name, length)); }
int clinux_set_domainname(const char *name, size_t length) { return result(setdomainname(name, length)); }
int clinux_prlimit(int pid, int resource, uint64_t soft, uint64_t hard) {
  struct rlimit limit = {soft, hard};
  return result(prlimit(pid, (enum __rlimit_resource)resource, &limit, NULL));
}
int clinux_new_session_keyring(void) {
  return result(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0));
}

int clinux_seccomp_load(const void *program, size_t count, unsigned int flags) {
  struct sock_fprog filter = {(unsigned short)count, (struct sock_filter *)program};
  if (count > BPF_MAXINSNS) return -E2BIG;
  return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter));
}

int clinux_block_all_signals(void) {
  sigset_t all;
  sigfillset(&all);
  return result(sigprocmask(SIG_SETMASK, &all, NULL));
}

int clinux_reset_signals(void) {
  // Not through glibc, which keeps 32 and 33 to itself: an ignored one would be inherited. All zero is SIG_DFL.
  const char as_new[32] = {0};
  for (int number = 1; number < NSIG; number++)
    if (number != SIGKILL && number != SIGSTOP && syscall(SYS_rt_sigaction, number, as_new, NULL, 8)) return -errno;
  sigset_t none;
  sigemptyset(&none);
  return result(sigprocmask(SIG_SETMASK, &none, NULL));
}

int clinux_bounding_drop(uint32_t capability) { return result(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)); }
int clinux_bounding_read(uint32_t capability) { return result(prctl(PR_CAPBSET_READ, capability, 0, 0, 0)); }
int clinux_ambient_clear(void) { return result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)); }

int clinux_capabilities_set(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {
      {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
      {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)}};
  return result(syscall(SYS_capset, &header, data));
}

int clinux_capabilities_get(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data)) return -errno;
  *effective = data[0].effective | (uint64_t)data[1].effective << 32;
  *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  *inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
  return 0;
}

int clinux_setgroups(size_t count, const uint32_t *groups) { return result(syscall(SYS_setgroups, count, groups)); }
int clinux_setresuid(uint32_t id) { return result(syscall(SYS_setresuid, id, id, id)); }
int clinux_setresgid(uint32_t id) { return result(syscall(SYS_setresgid, id, id, id)); }

int clinux_ids(uint32_t ids[6]) {
  return getresuid(ids, ids + 1, ids + 2) || getresgid(ids + 3, ids + 4, ids + 5) ? -errno : 0;
}
int clinux_getgroups(size_t room, uint32_t *groups) { return result(getgroups((int)room, groups)); }
int clinux_securebits(void) { return result(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)); }

int clinux_pty_unlock(int master) {
  int locked = 0;
  return result(ioctl(master, TIOCSPTLCK, &locked));
}
int clinux_pty_peer(int master) { return result(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)); }
int clinux_controlling_terminal(int fd) { return result(ioctl(fd, TIOCSCTTY, 0)); }
int clinux_window_size_get(int fd, uint16_t *rows, uint16_t *columns) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size)) return -errno;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return 0;
}
int clinux_window_size_set(int fd, uint16_t rows, uint16_t columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  return result(ioctl(fd, TIOCSWINSZ, &size));
}
int clinux_is_terminal(int fd) {
  struct termios state;
  return ioctl(fd, TCGETS, &state) == 0;
}
size_t clinux_terminal_state_size(void) { return sizeof(struct termios); }
int clinux_terminal_raw(int fd, void *saved) {
  struct termios state;
  if (tcgetattr(fd, &state)) return -errno;
  memcpy(saved, &state, sizeof state);
  cfmakeraw(&state);
  return result(tcsetattr(fd, TCSANOW, &state));
}
int clinux_terminal_restore(int fd, const void *saved) { return result(tcsetattr(fd, TCSANOW, saved)); }

int clinux_execve(const char *path, char *const *arguments, char *const *environment) {
  execve(path, arguments, environment);
  return -errno;
}
int clinux_execveat(int fd, char *const *arguments, char *const *environment) {
  syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH);
  return -errno;
}
void clinux_exit(int code) { _exit(code); }

void *clinux_begin_utf8(void **before) {
  locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  if (locale) *before = uselocale(locale);
  return locale;
}
void clinux_end_utf8(void *locale, void *before) {
  uselocale(before);
  freelocale(locale);
}

static int64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}
int64_t clinux_realtime(void) { return nanoseconds(CLOCK_REALTIME); }
int64_t clinux_monotonic(void) { return nanoseconds(CLOCK_MONOTONIC); }
void clinux_sleep_milliseconds(int milliseconds) {
  struct timespec rest = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  while (nanosleep(&rest, &rest) && errno == EINTR) {}
}
