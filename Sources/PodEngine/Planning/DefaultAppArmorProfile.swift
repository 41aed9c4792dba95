// SPDX-License-Identifier: Apache-2.0

/// The AppArmor profile that `RuntimeDefault` stands for, in the language of apparmor_parser(8).
///
/// It keeps a container from mounting, from the machine's part of procfs and sysfs, and from the processes of others; files,
/// capabilities and networks are what the rest of its context leaves it. In substance it is containerd's, whose name it has.
/// A rule `deny` wins over any other. Source: apparmor.d(5).
package struct DefaultAppArmorProfile: Hashable, Sendable {
    package let name: String
    package init(name: String) { self.name = name }

    package var text: String {
        """
        profile "\(name)" flags=(attach_disconnected, mediate_deleted) {
          file,
          capability,
          network,
          umount,
          signal (receive) peer=unconfined,
          signal (send, receive) peer="\(name)",
          ptrace (read, readby, trace, tracedby) peer="\(name)",

          deny mount,
          # The kernel's ciphers, which a container has no need of, and which have been a way into the kernel.
          deny network alg,

          # procfs: writable are the folders of processes, and the sysctls of the container's own IPC namespace.
          deny /proc/* w,
          deny /proc/[^0-9s]*/** w,
          deny /proc/s[^y]*/** w,
          deny /proc/sysvipc/** w,
          deny /proc/sys/* w,
          deny /proc/sys/[^k]*/** w,
          deny /proc/sys/kernel/[^ms]** w,
          deny /proc/sys/kernel/m[^s]** w,
          deny /proc/sys/kernel/ms[^g]** w,
          deny /proc/sys/kernel/s[^eh]** w,
          deny /proc/sys/kernel/se[^m]** w,
          deny /proc/sys/kernel/sh[^m]** w,
          deny /proc/sysrq-trigger rwklx,
          deny /proc/kcore rwklx,

          # sysfs: writable are cgroups.
          deny /sys/[^f]*/** wklx,
          deny /sys/f[^s]*/** wklx,
          deny /sys/fs/[^c]*/** wklx,
          deny /sys/fs/c[^g]*/** wklx,
          deny /sys/firmware/** rwklx,
          deny /sys/devices/virtual/powercap/** rwklx,
          deny /sys/kernel/security/** rwklx,
        }

        """
    }
}
