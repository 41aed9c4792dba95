// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes
package import OCISpec
package import SecurityPolicy

/// The profile that RuntimeDefault stands for on a containerd node: data, and the conditions that choose from it.
///
/// Names of system calls newer than number 456 are left out, though containerd lists some: the libseccomp of a
/// Kubernetes 1.36 node does not know them, so that it answers ENOSYS to all of them, and C libraries fall back.
package enum DefaultSeccompProfile {
    /// The profile for a container, by its final bounding set: a call that a capability guards is allowed with it.
    ///
    /// What no rule names is answered with `errno`.
    package static func spec(
        capabilities: CapabilitySet, architecture: Architecture, kernel: KernelVersion, errno: UInt32
    ) -> SeccompSpec {
        var names = Set(split(unconditional) + split(architecture.ownSystemCalls))
        if kernel >= KernelVersion(4, 8) { names.formUnion(split("process_vm_readv process_vm_writev ptrace")) }
        for (capability, guarded) in byCapability where !capabilities.isDisjoint(with: capability) {
            names.formUnion(split(guarded))
        }
        var rules = [SeccompSpec.Rule(names: names.sorted())]
        rules += socket + personality
        if !capabilities.contains(.sysAdmin) { rules += namespaceless }
        var spec = SeccompSpec(defaultAction: .errno, architectures: architecture.ociNames, syscalls: rules)
        spec.defaultErrnoRet = errno
        return spec
    }

    private static func split(_ names: String) -> [String] {
        names.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// Every family but AF_ALG (38) and AF_VSOCK (40).
    private static let socket = [
        SeccompSpec.Rule(names: ["socket"], args: [.init(index: 0, value: 38, op: .less)]),
        SeccompSpec.Rule(names: ["socket"], args: [.init(index: 0, value: 39, op: .equal)]),
        SeccompSpec.Rule(names: ["socket"], args: [.init(index: 0, value: 40, op: .greater)]),
    ]

    /// PER_LINUX, PER_LINUX32, each with UNAME26, and the question which one is set.
    ///
    /// Source: personality(2).
    private static let personality = [0x0, 0x8, 0x20000, 0x20008, 0xffff_ffff].map {
        SeccompSpec.Rule(names: ["personality"], args: [.init(index: 0, value: $0, op: .equal)])
    }

    /// No new namespaces: clone(2) without a CLONE_NEW flag, and clone3(2), whose flags no filter can see, not at all.
    private static let namespaceless = [
        SeccompSpec.Rule(
            names: ["clone"], args: [.init(index: 0, value: 0x7e02_0000, valueTwo: 0, op: .maskedEqual)]),
        SeccompSpec.Rule(names: ["clone3"], action: .errno, errnoRet: 38),  // ENOSYS
    ]

    private static let byCapability: [(CapabilitySet, String)] = [
        (.dacReadSearch, "open_by_handle_at"),
        (
            .sysAdmin,
            """
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount
            open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
            """
        ),
        (.sysBoot, "reboot"),
        (.sysChroot, "chroot"),
        (.sysModule, "delete_module init_module finit_module"),
        (.sysPacct, "acct"),
        (.sysPtrace, "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"),
        (.sysRawIO, "iopl ioperm"),
        (.sysTime, "settimeofday stime clock_settime clock_settime64"),
        (.sysTTYConfig, "vhangup"),
        (.sysNice, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
        (.syslog, "syslog"),
        (.bpf, "bpf"),
        (.perfmon, "perf_event_open"),
    ]

    private static let unconditional = """
        accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown chown32 clock_adjtime
        clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
        clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
        epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit
        exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2
        fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat
        fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait
        futex_waitv futex_wake futimesat getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid
        getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom
        getresgid getresgid32 getresuid getresuid32 getrlimit get_robust_list getrusage getsid getsockname getsockopt
        get_thread_area gettid gettimeofday getuid getuid32 getxattr inotify_add_watch inotify_init inotify_init1
        inotify_rm_watch io_cancel ioctl io_destroy io_getevents io_pgetevents io_pgetevents_time64 ioprio_get
        ioprio_set io_setup io_submit ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown
        lchown32 lgetxattr link linkat listen listxattr llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64
        madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2
        mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
        mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall munmap
        name_to_handle_at nanosleep newfstatat _newselect open openat openat2 pause pidfd_open pidfd_send_signal pipe
        pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64
        process_mrelease pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
        recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat renameat2
        restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
        rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam
        sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval
        sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
        seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto
        setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority
        setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit set_robust_list
        setsid setsockopt set_thread_area set_tid_address setuid setuid32 setxattr shmat shmctl shmdt shmget shutdown
        sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs statfs64
        statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete
        timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
        timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname
        unlink unlinkat uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write
        writev
        """
}
