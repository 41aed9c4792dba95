// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("What a node has")
struct NodeValuesTests {
    @Test("a list of CPUs is read as the kernel writes it")
    func cpuList() {
        #expect(CPUList.parse("0") == [0])
        #expect(CPUList.parse("0-3,8") == [0, 1, 2, 3, 8])
        for text in ["", "3-1", "a", "0-", "-1", "0,,1", "0-1-2", "0-99999999999"] {
            #expect(CPUList.parse(text) == nil, "\(text)")
        }
    }

    @Test("a CPU's thermal_throttle is hidden where it exists; everything else always")
    func masks() {
        let masked = MaskedPaths.masked(possibleCPUs: [0, 1, 8]) { !$0.contains("cpu1/") }
        #expect(masked.count == 14)
        #expect(masked.first == "/proc/asound")
        #expect(
            masked.suffix(2) == [
                "/sys/devices/system/cpu/cpu0/thermal_throttle", "/sys/devices/system/cpu/cpu8/thermal_throttle",
            ])
        #expect(MaskedPaths.readOnly == ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
    }

    @Test("a kernel's release is compared by its numbers")
    func kernels() {
        #expect(KernelVersion(release: "6.18.5-amd64") == KernelVersion(6, 18))
        #expect(KernelVersion(release: "4.8") == KernelVersion(4, 8))
        #expect(KernelVersion(release: "5.14-rc1") == KernelVersion(5, 14))
        #expect(KernelVersion(4, 10) > KernelVersion(4, 9) && KernelVersion(5, 0) > KernelVersion(4, 15))
        #expect(KernelVersion(release: "six") == nil && KernelVersion(release: "6") == nil)
    }

    @Test(
        "a sysctl is safe by its name and the kernel's version, whichever separator it has",
        arguments: [
            ("kernel.shm_rmid_forced", true), ("net/ipv4/tcp_syncookies", true), ("net.ipv4.tcp_wmem", true),
            ("kernel.msgmax", false), ("net.ipv4.ip_forward", false), ("kernel/hostname", false), ("", false),
        ])
    func safeSysctls(name: String, isSafe: Bool) {
        #expect(SysctlName(name).isSafe(on: KernelVersion(6, 1)) == isSafe)
    }

    @Test("a sysctl that a kernel does not have in a namespace is not safe there")
    func oldKernel() {
        #expect(SysctlName("net.ipv4.tcp_rmem").isSafe(on: KernelVersion(4, 15)))
        #expect(!SysctlName("net.ipv4.tcp_rmem").isSafe(on: KernelVersion(4, 14)))
    }

    @Test("a slash that stands first among separators swaps slashes and dots")
    func slashes() {
        #expect(SysctlName("net/ipv4/conf/eth0.1/arp_filter").dotted == "net.ipv4.conf.eth0/1.arp_filter")
        #expect(SysctlName("net.ipv4.conf.eth0/1.arp_filter").dotted == "net.ipv4.conf.eth0/1.arp_filter")
        #expect(SysctlName("net.core.somaxconn").namespace == .network)
        #expect(SysctlName("kernel.shmmax").namespace == .ipc && SysctlName("fs.mqueue.msg_max").namespace == .ipc)
        #expect(SysctlName("kernel.core_pattern").namespace == nil)
    }
}
