// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel
import OCISpec
import Testing

@Suite("What is read before anything is changed")
struct LayoutTests {
    @Test("cgroup hierarchies are read from mountinfo, one that is mounted twice counted once")
    func cgroupLayout() {
        let layout = CgroupLayout(
            mountInfo: """
                30 25 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
                31 30 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
                32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
                33 30 0:27 / /mnt/memory rw,relatime - cgroup cgroup rw,memory
                34 30 0:29 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
                35 30 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
                """)
        #expect(layout.hierarchies.map(\.name) == ["memory", "cpu,cpuacct", "systemd"])
        #expect(layout.hierarchy(of: "cpuacct")?.mountPoint == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(layout.hierarchy(of: "pids") == nil)
        #expect(layout.unified == "/sys/fs/cgroup/unified")
    }

    @Test("mount options are sorted into attributes, propagation and what the file system gets")
    func mountOptions() {
        let options = MountOptions(["rbind", "ro", "nosuid", "rslave", "size=64k", "mode=755"])
        #expect(options.bind && options.recursiveBind)
        #expect(options.attributes == [.readOnly, .noSetUserID])
        #expect(options.propagation == .slave)
        #expect(options.data.map(\.key) == ["size", "mode"])
    }

    @Test("the last of two opposite options counts")
    func opposite() {
        #expect(MountOptions(["ro", "rw"]).attributes.isEmpty)
        #expect(MountOptions(["rw", "ro"]).attributes == [.readOnly])
    }

    @Test(
        "a sysctl's name is a path whose dots and slashes change places",
        arguments: [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/conf/eth0.1/arp_filter", "net/ipv4/conf/eth0.1/arp_filter"),
            ("net.ipv4.conf.eth0/1.arp_filter", "net/ipv4/conf/eth0.1/arp_filter"),
        ])
    func sysctlPath(name: String, file: String) {
        #expect(SysctlPlan(name: name, value: "").file == file)
    }

    @Test("the filter comes last with no_new_privs, and before the capabilities are given up without it")
    func order() throws {
        let with = LaunchStep.processOrder(noNewPrivileges: true)
        let without = LaunchStep.processOrder(noNewPrivileges: false)
        func place(_ step: LaunchStep, _ order: [LaunchStep]) throws -> Int { try #require(order.firstIndex(of: step)) }
        #expect(try place(.boundingSet, with) < place(.user, with))
        #expect(try place(.groups, with) < place(.user, with))
        #expect(Array(with.suffix(2)) == [.seccomp, .execute])
        #expect(try place(.noNewPrivileges, with) < place(.seccomp, with))
        #expect(try place(.seccomp, without) < place(.capabilities, without))
        #expect(try place(.user, without) < place(.seccomp, without))
        // A process that enters a PID namespace in which others run has nothing left to lose by then.
        for order in [with, without] {
            for step in [LaunchStep.boundingSet, .groups, .user, .capabilities] {
                #expect(try place(step, order) < place(.birth, order))
            }
        }
        #expect(!without.contains(.noNewPrivileges))
        // The keyring has the label, and the filter need not let it be set.
        for order in [with, without] { #expect(order.starts(with: [.seLinuxLabel, .appArmorProfile, .keyring])) }
    }
}
