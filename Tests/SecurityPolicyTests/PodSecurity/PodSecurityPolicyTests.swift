// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy
import Testing

@Suite("What a policy of the Pod Security Standards checks")
struct PodSecurityPolicyTests {
    /// Breaks every check that there is; at the versions that relax or exempt nothing for it.
    static let worst = """
        {hostNetwork: true,
         securityContext: {appArmorProfile: {type: Unconfined}, seLinuxOptions: {user: u}, runAsUser: 0,
                           seccompProfile: {type: Unconfined}, sysctls: [{name: kernel.msgmax, value: '1'}],
                           windowsOptions: {hostProcess: true}},
         containers: [{name: a, ports: [{containerPort: 1, hostPort: 1}],
                       livenessProbe: {httpGet: {port: 1, host: h}},
                       securityContext: {privileged: true, procMount: Unmasked,
                                         capabilities: {add: [SYS_ADMIN]}}}],
         volumes: [{name: v, hostPath: {path: /}}]}
        """
    static let annotations = ["seccomp.security.alpha.kubernetes.io/pod": "unconfined"]

    static func checks(_ policy: PodSecurityPolicy) throws -> [String] {
        let pod = try PodSecurityRow.pod(worst, annotations)
        return policy.evaluate(pod.metadata, pod.spec).violations.map(\.checkID)
    }

    static let baseline = [
        "appArmorProfile", "capabilities_baseline", "hostNamespaces", "hostPathVolumes", "hostPorts",
        "hostProbesAndHostLifecycle", "privileged", "procMount", "seLinuxOptions", "seccompProfile_baseline", "sysctls",
        "windowsHostProcess",
    ]

    @Test("privileged checks nothing, at any version", arguments: [PodSecurityVersion.latest, .minor(0), .minor(37)])
    func privileged(version: PodSecurityVersion) throws {
        #expect(try Self.checks(PodSecurityPolicy(.privileged, version)) == [])
    }

    @Test("baseline's checks come by name; one of them is as new as 1.34", arguments: 0...40)
    func baseline(minor: Int) throws {
        let expected = Self.baseline.filter { $0 != "hostProbesAndHostLifecycle" || minor >= 34 }
        #expect(try Self.checks(PodSecurityPolicy(.baseline, .minor(minor))) == expected)
    }

    @Test("restricted's checks follow by name, and leave out those of baseline that they override", arguments: 0...40)
    func restricted(minor: Int) throws {
        var expected = Self.baseline
        if minor < 34 { expected.removeAll { $0 == "hostProbesAndHostLifecycle" } }
        expected.removeAll { $0 == "hostPathVolumes" }
        if minor >= 19 { expected.removeAll { $0 == "seccompProfile_baseline" } }
        if minor >= 22 { expected.removeAll { $0 == "capabilities_baseline" } }
        if minor >= 35 { expected.removeAll { $0 == "procMount" } }
        if minor >= 8 { expected.append("allowPrivilegeEscalation") }
        if minor >= 22 { expected.append("capabilities_restricted") }
        if minor >= 35 { expected.append("procMount_restricted") }
        expected += ["restrictedVolumes", "runAsNonRoot"]
        if minor >= 23 { expected.append("runAsUser") }
        if minor >= 19 { expected.append("seccompProfile_restricted") }
        #expect(try Self.checks(PodSecurityPolicy(.restricted, .minor(minor))) == expected)
    }

    @Test(
        "latest and a version yet to come are the newest that is known",
        arguments: [PodSecurityVersion.latest, .minor(38), .minor(.max)], [PodSecurityLevel.baseline, .restricted])
    func newest(version: PodSecurityVersion, level: PodSecurityLevel) throws {
        #expect(PodSecurityVersion.newestKnown == .minor(37))
        let pod = try PodSecurityRow.pod(
            "{securityContext: {sysctls: [{name: net.ipv4.tcp_notsent_lowat, value: '1'}]}, containers: [{name: a}]}")
        func verdict(_ version: PodSecurityVersion) -> PodSecurityVerdict {
            PodSecurityPolicy(level, version).evaluate(pod.metadata, pod.spec)
        }
        #expect(verdict(version) == verdict(.newestKnown))
        #expect(verdict(version) != verdict(.minor(36)))
    }

    @Test("a pod that sets what restricted asks for is allowed at every version", arguments: 0...37)
    func hardened(minor: Int) throws {
        let pod = try PodSecurityRow.pod(
            """
            {securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},
             containers: [{name: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}
            """)
        let verdict = PodSecurityPolicy(.restricted, .minor(minor)).evaluate(pod.metadata, pod.spec)
        #expect(verdict.isAllowed)
        #expect(verdict.violations == [])
    }

    @Test("the Windows exemptions reach three checks alone")
    func windows() throws {
        let pod = try PodSecurityRow.pod("{os: {name: windows}, hostPID: true, containers: [{name: a}]}")
        func checks(_ minor: Int) -> [String] {
            PodSecurityPolicy(.restricted, .minor(minor)).evaluate(pod.metadata, pod.spec).violations.map(\.checkID)
        }
        #expect(
            checks(24) == [
                "hostNamespaces", "allowPrivilegeEscalation", "capabilities_restricted", "runAsNonRoot",
                "seccompProfile_restricted",
            ])
        #expect(checks(25) == ["hostNamespaces", "runAsNonRoot"])
    }
}
