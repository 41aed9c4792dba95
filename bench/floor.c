/* SPDX-License-Identifier: Apache-2.0
 *
 * The least that a container costs on this kernel: the clone, the mounts, the devices, the masks, pivot_root and execve
 * that a runtime does for bench/run's config.json, into a cgroup (v2) that is made and removed, and nothing else: no
 * configuration is read, no state is kept, no privilege is dropped, nothing is checked but that each call succeeds.
 *
 * Usage: floor ROOTFS CGROUP PROGRAM [ARGUMENT...]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *call, const char *subject) {
    fprintf(stderr, "floor: %s on %s: %s\n", call, subject, strerror(errno));
    _exit(125);
}

static void mounted(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    if (mount(source, target, type, flags, data) != 0) fail("mount(2)", target);
}

static void folder(const char *path) {
    if (mkdir(path, 0755) != 0 && errno != EEXIST) fail("mkdir(2)", path);
}

/* Binds a path onto itself, or a mask onto it, and makes the bind read-only; a path that this kernel lacks is left out. */
static void read_only_bind(const char *source, const char *target) {
    if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) != 0) {
        if (errno == ENOENT) return;
        fail("mount(2)", target);
    }
    mounted(NULL, target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
}

static void device(const char *path, unsigned major, unsigned minor) {
    if (mknod(path, S_IFCHR | 0666, makedev(major, minor)) != 0) fail("mknod(2)", path);
    if (chmod(path, 0666) != 0) fail("chmod(2)", path);
}

static void devices(void) {
    device("dev/null", 1, 3);
    device("dev/zero", 1, 5);
    device("dev/full", 1, 7);
    device("dev/random", 1, 8);
    device("dev/urandom", 1, 9);
    device("dev/tty", 5, 0);
    static const char *const links[][2] = {{"/proc/self/fd", "dev/fd"},
                                           {"/proc/self/fd/0", "dev/stdin"},
                                           {"/proc/self/fd/1", "dev/stdout"},
                                           {"/proc/self/fd/2", "dev/stderr"},
                                           {"pts/ptmx", "dev/ptmx"}};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlink(links[i][0], links[i][1]) != 0) fail("symlink(2)", links[i][1]);
}

/* The container's own cgroup, read-only: in the place of the hierarchy on v2, under a tmpfs where v1 has that place. */
static void own_cgroup(const char *cgroup) {
    const unsigned long safe = MS_NOSUID | MS_NOEXEC | MS_NODEV;
    const char *target = "sys/fs/cgroup";
    if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) != 0) {
        mounted("tmpfs", target, "tmpfs", safe, "mode=755");
        target = "sys/fs/cgroup/unified";
        folder(target);
    }
    mounted(cgroup, target, NULL, MS_BIND, NULL);
    mounted(NULL, target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | safe, NULL);
}

static void masks(void) {
    static const char *const files[] = {"/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                                        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug"};
    static const char *const folders[] = {"/proc/asound", "/proc/acpi", "/proc/scsi", "/sys/firmware",
                                          "/sys/devices/virtual/powercap"};
    static const char *const read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (mount("/dev/null", files[i], NULL, MS_BIND, NULL) != 0 && errno != ENOENT) fail("mount(2)", files[i]);
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mount("tmpfs", folders[i], "tmpfs", MS_RDONLY, NULL) != 0 && errno != ENOENT) fail("mount(2)", folders[i]);
    for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) read_only_bind(read_only[i], read_only[i]);
}

static void container(const char *rootfs, const char *cgroup, char *const argv[]) {
    static char *const environment[] = {"PATH=/bin:/sbin:/usr/bin:/usr/sbin", NULL};
    const unsigned long safe = MS_NOSUID | MS_NOEXEC | MS_NODEV;

    mounted(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
    mounted(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL);
    if (chdir(rootfs) != 0) fail("chdir(2)", rootfs);
    mounted("proc", "proc", "proc", safe, NULL);
    mounted("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
    folder("dev/pts");
    mounted("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
    folder("dev/shm");
    mounted("shm", "dev/shm", "tmpfs", safe, "mode=1777,size=65536k");
    folder("dev/mqueue");
    mounted("mqueue", "dev/mqueue", "mqueue", safe, NULL);
    mounted("sysfs", "sys", "sysfs", safe | MS_RDONLY, NULL);
    own_cgroup(cgroup);
    devices();
    if (syscall(SYS_pivot_root, ".", ".") != 0) fail("pivot_root(2)", rootfs);
    if (umount2(".", MNT_DETACH) != 0) fail("umount2(2)", "the old root");
    if (chdir("/") != 0) fail("chdir(2)", "/");
    if (sethostname("floor", 5) != 0) fail("sethostname(2)", "floor");
    masks();
    execve(argv[0], argv, environment);
    fail("execve(2)", argv[0]);
}

int main(int argc, char *argv[]) {
    if (argc < 4) {
        fprintf(stderr, "usage: floor ROOTFS CGROUP PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    const char *path = argv[2];
    if (mkdir(path, 0755) != 0) fail("mkdir(2)", path);
    const int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cgroup < 0) fail("open(2)", path);
    struct clone_args arguments = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = (unsigned)cgroup,
    };
    const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0) fail("clone3(2)", "a container");
    if (pid == 0) container(argv[1], path, argv + 3);
    int status;
    if (waitpid((pid_t)pid, &status, 0) != pid) fail("waitpid(2)", "the container");
    if (rmdir(path) != 0) fail("rmdir(2)", path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
