// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("The check sysctls")
struct SysctlsCheckTests {
    typealias Row = PodSecurityRow

    static let rows: [Row] = [
        .passes("v1.0", "{containers: [{name: a}]}"),
        .passes("v1.0", sysctls("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies")),
        .passes("v1.0", sysctls("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start")),
        .fails(
            "v1.26", sysctls("net.ipv4.ip_local_reserved_ports"), "forbidden sysctls",
            "net.ipv4.ip_local_reserved_ports", name(0)),
        .passes("v1.27", sysctls("net.ipv4.ip_local_reserved_ports", "kernel.shm_rmid_forced")),
        .fails(
            "v1.28",
            sysctls(
                "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
                "net.ipv4.tcp_keepalive_probes"), "forbidden sysctls",
            "net.ipv4.tcp_keepalive_time, net.ipv4.tcp_fin_timeout, net.ipv4.tcp_keepalive_intvl, "
                + "net.ipv4.tcp_keepalive_probes", name(0), name(1), name(2), name(3)),
        .passes(
            "v1.29",
            sysctls(
                "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
                "net.ipv4.tcp_keepalive_probes", "net.ipv4.ip_local_reserved_ports", "kernel.shm_rmid_forced")),
        .fails(
            "v1.31", sysctls("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"), "forbidden sysctls",
            "net.ipv4.tcp_rmem, net.ipv4.tcp_wmem", name(0), name(1)),
        .passes("v1.32", sysctls("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.tcp_keepalive_time")),
        .fails(
            "v1.36", sysctls("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_rmem", "net.ipv4.tcp_notsent_lowat"),
            "forbidden sysctls", "net.ipv4.tcp_slow_start_after_idle, net.ipv4.tcp_notsent_lowat", name(0), name(2)),
        .passes(
            "v1.37", sysctls("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_wmem")),
        .fails(
            "latest", sysctls("net.core.somaxconn", "kernel.msgmax", "net.core.somaxconn"), "forbidden sysctls",
            "net.core.somaxconn, kernel.msgmax, net.core.somaxconn", name(0), name(1), name(2)),
        .fails("v1.0", sysctls("kernel/shm_rmid_forced"), "forbidden sysctls", "kernel/shm_rmid_forced", name(0)),
    ]

    static func sysctls(_ names: String...) -> String {
        let list = names.map { "{name: \($0), value: '1'}" }.joined(separator: ", ")
        return "{securityContext: {sysctls: [\(list)]}, containers: [{name: a}]}"
    }

    static func name(_ index: Int) -> String { "spec.securityContext.sysctls[\(index)].name" }

    @Test(
        "a kernel parameter that the version does not know as safe is found, in the manifest's order", arguments: rows)
    func verdict(row: Row) throws { try row.verify("sysctls", .baseline) }
}
