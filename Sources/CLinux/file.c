// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

static int result(long value) { return value < 0 ? -errno : (int)value; }

int clinux_openat(int dir, const char *path, int flags, uint32_t mode) {
  return result(openat(dir, path, flags | O_CLOEXEC, mode));
}
int clinux_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
  long opened;
  // EAGAIN: a rename happened while the path was walked, openat2(2).
  int tries = 0;
  do opened = syscall(SYS_openat2, dir, path, &how, sizeof how);
  while (opened < 0 && (errno == EAGAIN || errno == EINTR) && ++tries < 64);
  return result(opened);
}
int clinux_stat(int dir, const char *path, int flags, struct clinux_stat *out) {
  struct statx s;
  if (statx(dir, path, flags, STATX_BASIC_STATS | STATX_MNT_ID, &s)) return -errno;
  *out = (struct clinux_stat){
      .mode = s.stx_mode, .uid = s.stx_uid, .gid = s.stx_gid, .links = s.stx_nlink, .size = s.stx_size, .blocks = s.stx_blocks,
      .inode = s.stx_ino, .dev_major = s.stx_dev_major, .dev_minor = s.stx_dev_minor, .rdev_major = s.stx_rdev_major,
      .rdev_minor = s.stx_rdev_minor, .mount_id = s.stx_mnt_id, .mtime_seconds = s.stx_mtime.tv_sec};
  return 0;
}
int clinux_fchownat(int dir, const char *path, uint32_t uid, uint32_t gid, int flags) {
  return result(fchownat(dir, path, uid, gid, flags));
}
int clinux_fchmod_path(int fd, uint32_t mode) {
  if (!syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH)) return 0;
  if (errno != ENOSYS) return -errno;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return result(chmod(path, mode));
}
int clinux_mkdirat(int dir, const char *path, uint32_t mode) { return result(mkdirat(dir, path, mode)); }
int clinux_mknodat(int dir, const char *path, uint32_t mode, uint32_t major, uint32_t minor) {
  return result(mknodat(dir, path, mode, makedev(major, minor)));
}
int clinux_symlinkat(const char *target, int dir, const char *path) { return result(symlinkat(target, dir, path)); }
int clinux_unlinkat(int dir, const char *path, int flags) { return result(unlinkat(dir, path, flags)); }
int clinux_renameat(int from, const char *old, int to, const char *new_name, unsigned int flags) {
  return result(syscall(SYS_renameat2, from, old, to, new_name, flags));
}
int clinux_linkat(int from, const char *old, int to, const char *new_name, int flags) {
  return result(linkat(from, old, to, new_name, flags));
}
ssize_t clinux_readlinkat(int dir, const char *path, char *buffer, size_t size) {
  ssize_t length = readlinkat(dir, path, buffer, size);
  return length < 0 ? -errno : length;
}
ssize_t clinux_read(int fd, void *buffer, size_t size) {
  ssize_t length;
  do length = read(fd, buffer, size);
  while (length < 0 && errno == EINTR);
  return length < 0 ? -errno : length;
}
ssize_t clinux_write(int fd, const void *buffer, size_t size) {
  ssize_t length;
  do length = write(fd, buffer, size);
  while (length < 0 && errno == EINTR);
  return length < 0 ? -errno : length;
}
int clinux_fsync(int fd) { return result(fsync(fd)); }
int64_t clinux_lseek(int fd, int64_t offset, int whence) {
  off_t place = lseek(fd, offset, whence);
  return place < 0 ? -errno : place;
}
int clinux_ftruncate(int fd, int64_t size) { return result(ftruncate(fd, size)); }
int clinux_dup3(int from, int to) { return result(dup3(from, to, O_CLOEXEC)); }
int clinux_dup2(int from, int to) {
  // dup2(2) does nothing when both are the same, and would leave close-on-exec set.
  if (from == to) return result(fcntl(from, F_SETFD, 0)) < 0 ? -errno : to;
  return result(dup2(from, to));
}
int clinux_dup_above(int fd, int lowest) { return result(fcntl(fd, F_DUPFD_CLOEXEC, lowest)); }
int clinux_close_range(unsigned int first, unsigned int last, int mark_only) {
  return result(syscall(SYS_close_range, first, last, mark_only ? CLOSE_RANGE_CLOEXEC : 0));
}
int clinux_pipe(int *read_end, int *write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return -errno;
  *read_end = ends[0];
  *write_end = ends[1];
  return 0;
}
int clinux_flock(int fd, int exclusive, int wait) {
  int done;
  do done = flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB));
  while (done < 0 && errno == EINTR);
  return result(done);
}
int clinux_set_nonblocking(int fd, int on) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  return result(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}
int64_t clinux_file_system_type(int fd) {
  struct statfs s;
  return fstatfs(fd, &s) ? -errno : (int64_t)s.f_type;
}
int64_t clinux_mount_flags(int fd) {
  struct statfs s;
  return fstatfs(fd, &s) ? -errno : (int64_t)s.f_flags;
}
int64_t clinux_available_bytes(int fd) {
  struct statfs s;
  return fstatfs(fd, &s) ? -errno : (int64_t)s.f_bavail * s.f_frsize;
}
int clinux_access(const char *path, int mode) { return result(access(path, mode)); }
int clinux_set_xattr(int fd, const char *name, const void *value, size_t size) {
  return result(fsetxattr(fd, name, value, size, 0));
}

int clinux_set_xattr_place(int fd, const char *name, const void *value, size_t size) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return result(setxattr(path, name, value, size, 0));
}
int clinux_has_file_capabilities(int dir, const char *name) {
  char path[32 + 256];
  if (snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name) >= (int)sizeof path) return -ENAMETOOLONG;
  if (lgetxattr(path, "security.capability", NULL, 0) >= 0) return 1;
  return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
}

ssize_t clinux_get_xattr(int fd, const char *name, void *value, size_t size) {
  ssize_t length = fgetxattr(fd, name, value, size);
  return length < 0 ? -errno : length;
}
ssize_t clinux_list_xattrs(int fd, char *names, size_t size) {
  ssize_t length = flistxattr(fd, names, size);
  return length < 0 ? -errno : length;
}
ssize_t clinux_pwrite(int fd, const void *buffer, size_t size, int64_t offset) {
  ssize_t length;
  do length = pwrite(fd, buffer, size, offset);
  while (length < 0 && errno == EINTR);
  return length < 0 ? -errno : length;
}
int clinux_set_mtime(int dir, const char *path, int64_t seconds, int64_t nanoseconds) {
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds, .tv_nsec = nanoseconds}};
  return result(utimensat(dir, path, times, AT_SYMLINK_NOFOLLOW));
}
int clinux_syncfs(int fd) { return result(syncfs(fd)); }
int clinux_mkfifoat(int dir, const char *path, uint32_t mode) { return result(mkfifoat(dir, path, mode)); }
ssize_t clinux_getdents(int fd, void *buffer, size_t size) {
  long length = syscall(SYS_getdents64, fd, buffer, size);
  return length < 0 ? -errno : length;
}

int clinux_open_tree(int dir, const char *path, unsigned int flags) {
  return result(syscall(SYS_open_tree, dir, path, flags | O_CLOEXEC));
}
int clinux_move_mount(int from, int to_dir, const char *to_path) {
  unsigned int flags = MOVE_MOUNT_F_EMPTY_PATH | (*to_path ? 0 : MOVE_MOUNT_T_EMPTY_PATH);
  return result(syscall(SYS_move_mount, from, "", to_dir, to_path, flags));
}
int clinux_mount_setattr(int fd, const char *path, int recursive, uint64_t set, uint64_t clear, uint64_t propagation,
                         int user_namespace) {
  struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation,
                                  .userns_fd = user_namespace < 0 ? 0 : (uint64_t)user_namespace};
  unsigned int flags = (*path ? 0 : AT_EMPTY_PATH) | (recursive ? AT_RECURSIVE : 0);
  return result(syscall(SYS_mount_setattr, fd, path, flags, &attributes, sizeof attributes));
}
int clinux_fsopen(const char *type) { return result(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC)); }
int clinux_fsconfig_string(int fs, const char *key, const char *value) {
  return result(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value, 0));
}
int clinux_fsconfig_flag(int fs, const char *key) {
  return result(syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, key, NULL, 0));
}
int clinux_fsconfig_create(int fs) { return result(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)); }
int clinux_fsmount(int fs, unsigned int attributes) {
  return result(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes));
}
ssize_t clinux_fs_message(int fs, char *buffer, size_t size) {
  ssize_t length = read(fs, buffer, size);
  return length < 0 ? (errno == ENODATA ? 0 : -errno) : length;
}
int clinux_set_propagation(const char *path, unsigned long flags) {
  return result(mount(NULL, path, NULL, flags, NULL));
}
int clinux_umount(const char *path, int flags) { return result(umount2(path, flags)); }
int clinux_pivot_root(const char *new_root, const char *old_root) {
  return result(syscall(SYS_pivot_root, new_root, old_root));
}
int clinux_chroot(const char *path) { return result(chroot(path)); }

int clinux_inotify(void) { return result(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)); }
int clinux_inotify_add(int fd, const char *path, uint32_t mask) { return result(inotify_add_watch(fd, path, mask)); }
