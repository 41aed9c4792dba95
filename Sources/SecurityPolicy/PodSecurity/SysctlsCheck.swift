// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

extension PodSecurityCheck {
    /// No kernel parameter but those that reach no further than the pod.
    static let sysctls = Self(
        "sysctls", .baseline,
        Form(since: 0) { _, spec in findSysctls(spec, allowed: allowed0) },
        Form(since: 27) { _, spec in findSysctls(spec, allowed: allowed27) },
        Form(since: 29) { _, spec in findSysctls(spec, allowed: allowed29) },
        Form(since: 32) { _, spec in findSysctls(spec, allowed: allowed32) },
        Form(since: 37) { _, spec in findSysctls(spec, allowed: allowed37) })

    private static let allowed0 = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
    ]
    private static let allowed27 = allowed0 + ["net.ipv4.ip_local_reserved_ports"]
    private static let allowed29 =
        allowed27 + [
            "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
        ]
    private static let allowed32 = allowed29 + ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]
    private static let allowed37 =
        allowed32 + ["net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"]

    private static func findSysctls(_ spec: PodSpec, allowed: [String]) -> Finding? {
        guard let sysctls = spec.securityContext?.sysctls else { return nil }
        let indices = sysctls.indices.filter { !allowed.contains(sysctls[$0].name) }
        guard !indices.isEmpty else { return nil }
        return Finding(
            reason: "forbidden sysctls", detail: indices.map { sysctls[$0].name }.joined(separator: ", "),
            fields: indices.map {
                FieldPath([
                    .field("spec"), .field("securityContext"), .field("sysctls"), .index($0), .field("name"),
                ])
            })
    }
}
