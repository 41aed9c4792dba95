// SPDX-License-Identifier: Apache-2.0
// Raw Linux calls and constants that Glibc's module does not show to Swift: a call, a constant, never a decision.
//
// Each function returns its result or -errno, so that Swift never reads a stale errno. Descriptors made here are
// close-on-exec. The section of the manual that describes a call stands beside it.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// ---- processes: clone(2), pidfd_open(2), waitid(2), prctl(2) -------------------------------------------------------

/* clone3(2) with SIGCHLD: forks. Returns 0 in the child, the pid in the parent, or -errno. With pidfd != NULL the
   parent gets a pidfd; with CLONE_PARENT the new process is a sibling; with cgroup >= 0 the child starts in that cgroup v2 folder (CLONE_INTO_CGROUP). */
int clinux_clone(uint64_t flags, int *pidfd, int cgroup);
/* clone(2) with CLONE_PARENT: forks a child of the caller's parent. Returns 0 in it, its pid in the caller, or -errno. */
int clinux_clone_sibling(void);
/* malloc_trim(3): gives memory that is free in the heap back to the kernel. */
void clinux_trim_memory(void);
int clinux_pidfd_open(int pid);
int clinux_pidfd_send_signal(int pidfd, int signal);
/* waitid(2) on a pidfd, with WEXITED and WNOHANG unless block. Returns 1 when it ended, 0 when it has not.
   code: CLD_EXITED, CLD_KILLED or CLD_DUMPED; status: exit code or signal. */
int clinux_wait_pidfd(int pidfd, int block, int *code, int *status);
/* waitid(2) for any child, WNOHANG. Returns its pid, or 0 when none has ended, or -ECHILD. */
int clinux_reap_any(int *code, int *status);
int clinux_unshare(uint64_t flags);
int clinux_setns(int fd, uint64_t type);
int clinux_parent_death_signal(int signal);
int clinux_set_dumpable(int value);
int clinux_set_no_new_privs(void);
int clinux_set_child_subreaper(void);
int clinux_set_name(const char *name);
int clinux_set_keep_caps(int value);
int clinux_get_pid(void);
int clinux_get_ppid(void);
int clinux_setsid(void);
int clinux_kill(int pid, int signal);
int clinux_umask(unsigned int mask);
int clinux_chdir(const char *path);
int clinux_fchdir(int fd);
int clinux_getcwd(char *buffer, size_t size);
int clinux_set_hostname(const char *name, size_t length);
int clinux_set_domainname(const char *name, size_t length);
int clinux_prlimit(int pid, int resource, uint64_t soft, uint64_t hard);
/* keyctl(2), KEYCTL_JOIN_SESSION_KEYRING without a name: a new keyring that nobody else can join. */
int clinux_new_session_keyring(void);
/* Blocks every signal, or restores the dispositions and the mask that a new program expects. */
int clinux_block_all_signals(void);
int clinux_reset_signals(void);

/* seccomp(2), SECCOMP_SET_MODE_FILTER; program: count instructions of 8 bytes, struct sock_filter. */
int clinux_seccomp_load(const void *program, size_t count, unsigned int flags);
enum { CLINUX_SECCOMP_FLAG_TSYNC = 1, CLINUX_SECCOMP_FLAG_LOG = 2, CLINUX_SECCOMP_FLAG_SPEC_ALLOW = 4 };

// ---- credentials: capabilities(7), setresuid(2), setgroups(2). All act on the calling thread. ----------------------

int clinux_bounding_drop(uint32_t capability);
int clinux_bounding_read(uint32_t capability);
int clinux_ambient_clear(void);
int clinux_capabilities_set(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int clinux_capabilities_get(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
int clinux_setgroups(size_t count, const uint32_t *groups);
int clinux_setresuid(uint32_t id);
int clinux_setresgid(uint32_t id);
/* getresuid(2), getresgid(2): real, effective and saved, users then groups. */
int clinux_ids(uint32_t ids[6]);
/* getgroups(2). Returns how many there are, at most room of them in groups. */
int clinux_getgroups(size_t room, uint32_t *groups);
int clinux_securebits(void);

// ---- files ---------------------------------------------------------------------------------------------------------

enum {
  CLINUX_O_PATH = 010000000,
  CLINUX_AT_EMPTY_PATH = 0x1000,
  CLINUX_O_TMPFILE = 020200000,
  CLINUX_RESOLVE_NO_XDEV = 0x01,
  CLINUX_RESOLVE_NO_MAGICLINKS = 0x02,
  CLINUX_RESOLVE_NO_SYMLINKS = 0x04,
  CLINUX_RESOLVE_BENEATH = 0x08,
  CLINUX_RESOLVE_IN_ROOT = 0x10,
};
int clinux_openat(int dir, const char *path, int flags, uint32_t mode);
int clinux_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
/* Kind and permission bits, owner, size, device numbers. Empty path with AT_EMPTY_PATH: the descriptor itself. */
struct clinux_stat {
  uint32_t mode, uid, gid, links;
  uint64_t size, blocks, inode, dev_major, dev_minor, rdev_major, rdev_minor, mount_id;
  int64_t mtime_seconds;
};
int clinux_stat(int dir, const char *path, int flags, struct clinux_stat *out);
int clinux_fchownat(int dir, const char *path, uint32_t uid, uint32_t gid, int flags);
/* fchmodat2(2), Linux 6.6; before that through /proc/self/fd, which needs a descriptor and an empty path. */
int clinux_fchmod_path(int fd, uint32_t mode);
int clinux_mkdirat(int dir, const char *path, uint32_t mode);
int clinux_mknodat(int dir, const char *path, uint32_t mode, uint32_t major, uint32_t minor);
int clinux_symlinkat(const char *target, int dir, const char *path);
int clinux_unlinkat(int dir, const char *path, int flags);
int clinux_renameat(int from, const char *old, int to, const char *new_name, unsigned int flags);
int clinux_linkat(int from, const char *old, int to, const char *new_name, int flags);
ssize_t clinux_readlinkat(int dir, const char *path, char *buffer, size_t size);
ssize_t clinux_read(int fd, void *buffer, size_t size);
ssize_t clinux_write(int fd, const void *buffer, size_t size);
int clinux_fsync(int fd);
int64_t clinux_lseek(int fd, int64_t offset, int whence);
int clinux_ftruncate(int fd, int64_t size);
int clinux_dup3(int from, int to);
/* dup(2) onto a standard descriptor: the copy is not close-on-exec. */
int clinux_dup2(int from, int to);
int clinux_dup_above(int fd, int lowest);
/* close_range(2); with mark_only the descriptors are made close-on-exec instead. */
int clinux_close_range(unsigned int first, unsigned int last, int mark_only);
int clinux_pipe(int *read_end, int *write_end);
int clinux_flock(int fd, int exclusive, int wait);
int clinux_set_nonblocking(int fd, int on);
/* statfs(2), f_type. */
int64_t clinux_file_system_type(int fd);
/* statfs(2), f_flags of the mount that the descriptor was opened on: ST_RDONLY is 1, ST_NOSUID 2, ST_NODEV 4, ST_NOEXEC 8. */
int64_t clinux_mount_flags(int fd);
/* statfs(2): blocks available to an unprivileged user, in bytes. */
int64_t clinux_available_bytes(int fd);
int clinux_access(const char *path, int mode);
int clinux_set_xattr(int fd, const char *name, const void *value, size_t size);
/* setxattr(2) on what a descriptor with O_PATH names, a link too; /proc must be in view. Returns 0 or -errno. */
int clinux_set_xattr_place(int fd, const char *name, const void *value, size_t size);
/* Whether an entry of an open folder has security.capability, xattr(7): 1, 0 or -errno. Links are not followed. */
int clinux_has_file_capabilities(int dir, const char *name);

/* Returns the size of the value or of the list of names, or -errno; with size 0 nothing is filled. */
ssize_t clinux_get_xattr(int fd, const char *name, void *value, size_t size);
ssize_t clinux_list_xattrs(int fd, char *names, size_t size);
ssize_t clinux_pwrite(int fd, const void *buffer, size_t size, int64_t offset);
/* utimensat(2): the time of modification, of a link itself; the time of access stays. */
int clinux_set_mtime(int dir, const char *path, int64_t seconds, int64_t nanoseconds);
/* syncfs(2): all of the file system that fd lies in. */
int clinux_syncfs(int fd);
int clinux_mkfifoat(int dir, const char *path, uint32_t mode);
/* Reads the next entries of a folder: getdents64(2). Returns the bytes filled, 0 at the end. */
ssize_t clinux_getdents(int fd, void *buffer, size_t size);

// ---- mounts: mount_setattr(2), fsopen(2), open_tree(2), move_mount(2), pivot_root(2) --------------------------------

enum {
  CLINUX_OPEN_TREE_CLONE = 1,
  CLINUX_MOUNT_ATTR_RDONLY = 0x1,
  CLINUX_MOUNT_ATTR_NOSUID = 0x2,
  CLINUX_MOUNT_ATTR_NODEV = 0x4,
  CLINUX_MOUNT_ATTR_NOEXEC = 0x8,
  CLINUX_MOUNT_ATTR_NOATIME = 0x10,
  CLINUX_MOUNT_ATTR_STRICTATIME = 0x20,
  CLINUX_MOUNT_ATTR_ATIME_MASK = 0x70,
  CLINUX_MOUNT_ATTR_NODIRATIME = 0x80,
  CLINUX_MOUNT_ATTR_IDMAP = 0x100000,
};
int clinux_open_tree(int dir, const char *path, unsigned int flags);
int clinux_move_mount(int from, int to_dir, const char *to_path);
int clinux_mount_setattr(int fd, const char *path, int recursive, uint64_t set, uint64_t clear, uint64_t propagation,
                         int user_namespace);
int clinux_fsopen(const char *type);
int clinux_fsconfig_string(int fs, const char *key, const char *value);
int clinux_fsconfig_flag(int fs, const char *key);
int clinux_fsconfig_create(int fs);
int clinux_fsmount(int fs, unsigned int attributes);
/* What the kernel said about a failed fsconfig or fsmount, one message; 0 when there is none. */
ssize_t clinux_fs_message(int fs, char *buffer, size_t size);
/* mount(2) of propagation flags on a path. */
int clinux_set_propagation(const char *path, unsigned long flags);
int clinux_umount(const char *path, int flags);
int clinux_pivot_root(const char *new_root, const char *old_root);
int clinux_chroot(const char *path);

// ---- events: epoll(7), signalfd(2), timerfd_create(2), inotify(7) ---------------------------------------------------

int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token);
int clinux_epoll_remove(int epoll, int fd);
/* Returns how many are ready, at most count. timeout in milliseconds, -1 for ever. */
int clinux_epoll_wait(int epoll, uint64_t *tokens, uint32_t *events, int count, int timeout);
/* Blocks the signals and returns a descriptor that reports them. */
int clinux_signalfd(const int *signals, size_t count);
/* Returns the next signal's number and its sender's pid, or -EAGAIN. */
int clinux_signalfd_read(int fd, int *sender);
int clinux_inotify(void);
int clinux_inotify_add(int fd, const char *path, uint32_t mask);

// ---- sockets: unix(7), netdevice(7) ----------------------------------------------------------------------------------

int clinux_unix_listen(const char *path);
int clinux_unix_connect(const char *path);
int clinux_unix_pair(int *a, int *b);
int clinux_accept(int fd);
/* unix(7), SO_PEERCRED: the uid of the process at the other end. */
int64_t clinux_peer_uid(int fd);
int clinux_send_fds(int socket, const void *data, size_t size, const int *fds, size_t count);
/* Returns the bytes received, 0 at the end. count: in, room; out, how many descriptors came. */
ssize_t clinux_receive_fds(int socket, void *data, size_t size, int *fds, size_t *count);

/* tcp(7): a socket of the caller's network namespace that never waits. `family` is 4 or 6. */
int clinux_tcp_socket(int family);
/* inet_pton(3): 4 or 6 and the address's 4 or 16 bytes, or -EINVAL for what is no address. */
int clinux_parse_address(const char *text, uint8_t address[16]);
/* Begins to connect: -EINPROGRESS while it lasts. */
int clinux_tcp_connect(int socket, int family, const uint8_t *address, uint16_t port);
/* socket(7), SO_ERROR: the number of the error that is pending, 0 without one. */
int clinux_socket_error(int socket);
/* send(2), MSG_NOSIGNAL: one call; how many bytes were taken. */
ssize_t clinux_send(int socket, const void *data, size_t size);
/* Sets IFF_UP on an interface of the calling thread's network namespace. */
int clinux_interface_up(const char *name);

// ---- terminals: pty(7), ioctl_tty(2) -------------------------------------------------------------------------------

int clinux_pty_unlock(int master);
int clinux_pty_peer(int master);
int clinux_controlling_terminal(int fd);
int clinux_window_size_get(int fd, uint16_t *rows, uint16_t *columns);
int clinux_window_size_set(int fd, uint16_t rows, uint16_t columns);
int clinux_is_terminal(int fd);
/* Raw mode: saves what was there into saved (size bytes, at least clinux_terminal_state_size()). */
size_t clinux_terminal_state_size(void);
int clinux_terminal_raw(int fd, void *saved);
int clinux_terminal_restore(int fd, const void *saved);

// ---- execve(2) -----------------------------------------------------------------------------------------------------

/* Returns only when it failed. */
int clinux_execve(const char *path, char *const *arguments, char *const *environment);
int clinux_execveat(int fd, char *const *arguments, char *const *environment);
/* A program and the process that runs it: fork(2), execve(2). */
struct clinux_program {
  const char *path;
  int file;                 /* execveat(2), AT_EMPTY_PATH: executed in place of the path; -1: the path is */
  char *const *arguments, *const *environment;
  const char *folder;       /* the new process's working folder; NULL: the caller's */
  const int *descriptors;   /* become 0, 1, ... count - 1; the new program gets no other */
  size_t count;
  int parent_death_signal;  /* prctl(2), PR_SET_PDEATHSIG: sent when the calling thread ends; 0: none */
  int new_session;          /* setsid(2) */
};
/* Starts it, signals as a new program expects. Any number of threads may run. Returns the pid once the program has
   been executed, or -errno, and then *failed is the call that failed. */
int clinux_spawn(const struct clinux_program *program, int *pidfd, const char **failed);
/* memfd_create(2): a file in memory, readable and writable. */
int clinux_memfd(const char *name);
/* Ends the process at once: no atexit handler runs. */
void clinux_exit(int code) __attribute__((noreturn));

// ---- bpf(2): device programs of cgroup v2 ------------------------------------------------------------------------

struct clinux_device_rule {
  uint8_t allow, type;      /* type: 'a', 'b' or 'c' */
  uint8_t read, write, make;
  int32_t major, minor;     /* -1: any */
};
/* Attaches a program with these rules, the last match wins, to a cgroup v2 folder. */
int clinux_device_program_attach(int cgroup, const struct clinux_device_rule *rules, size_t count);

// ---- locks: fcntl(2), open file description locks ------------------------------------------------------------------

/* F_OFD_SETLK, or F_OFD_SETLKW with wait, on one byte; it need not exist. Returns 0, or -EAGAIN when another holds it. */
int clinux_lock_byte(int fd, int64_t offset, int exclusive, int wait);
/* F_OFD_GETLK: 1 when somebody else holds the byte, in any mode. */
int clinux_byte_is_locked(int fd, int64_t offset);

/* The IPv4 address that this machine's default route would send from, in dots; -ENETUNREACH without one. */
int clinux_source_address(char *text, size_t size);

// ---- locales: newlocale(3), uselocale(3) -----------------------------------------------------------------------------

/* Makes C.UTF-8 the calling thread's locale. Returns it, and what was before, or NULL when the machine has none. */
void *clinux_begin_utf8(void **before);
void clinux_end_utf8(void *locale, void *before);

// ---- time ----------------------------------------------------------------------------------------------------------

/* clock_gettime(2), nanoseconds. */
int64_t clinux_realtime(void);
int64_t clinux_monotonic(void);
void clinux_sleep_milliseconds(int milliseconds);

#endif
