// SPDX-License-Identifier: Apache-2.0
// CVE-2019-5736: a container reaches the file of a process that enters it through /proc/PID/exe, and its root could write
// to it. Behind a detached, read-only mount nobody can. Done as the very first thing, it costs half of what a second
// start of the whole runtime costs.
//
// Where it fails (no privileges, an old kernel) the program goes on: the commands that start a process ask the kernel
// whether the mount is read-only, and refuse when it is not.
#define _GNU_SOURCE
#include "sealed_start.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((constructor(101))) static void execute_sealed(int argc, char **argv, char **envp) {
  sealed_start_pause(argc, argv);
  struct statfs own;
  if (statfs("/proc/self/exe", &own) || own.f_flags & 1 /* ST_RDONLY */) return;
  int program = (int)syscall(SYS_open_tree, AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (program < 0) return;
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
  if (!syscall(SYS_mount_setattr, program, "", AT_EMPTY_PATH, &attributes, sizeof attributes))
    syscall(SYS_execveat, program, "", argv, envp, AT_EMPTY_PATH);
  close(program);
}
