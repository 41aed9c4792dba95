// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import PodEngine

@Suite("AppArmor profiles")
struct AppArmorTests {
    @Test("the kernel's list of profiles is read to the last parenthesis of a line")
    func names() {
        let text = "cri-containerd.apparmor.d (enforce)\n/usr/bin/man (complain)\na (b) c (kill)\n\nbroken\n"
        #expect(AppArmorPreparation.names(in: text) == ["cri-containerd.apparmor.d", "/usr/bin/man", "a (b) c"])
    }

    @Test(
        "the default profile denies what a container must not have",
        arguments: [
            "deny mount,", "deny network alg,", "deny /proc/* w,", "deny /proc/kcore rwklx,",
            "deny /proc/sysrq-trigger rwklx,", "deny /sys/firmware/** rwklx,", "deny /sys/kernel/security/** rwklx,",
        ])
    func rules(rule: String) {
        let text = DefaultAppArmorProfile(name: "cri-containerd.apparmor.d").text
        #expect(text.split(separator: "\n").contains { $0.trimmingPrefix(while: \.isWhitespace) == rule })
        #expect(text.hasPrefix("profile \"cri-containerd.apparmor.d\" "))
    }
}
