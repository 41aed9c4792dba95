// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// One rule of the Pod Security Standards, in all the forms that it has had.
struct PodSecurityCheck: Sendable {
    /// What a pod does that it must not do.
    struct Finding {
        let reason: String
        let detail: String
        let fields: [FieldPath]
    }
    /// Nil where the pod passes.
    typealias Evaluation = @Sendable (ObjectMeta, PodSpec) -> Finding?

    /// The rule from one version on, until the next form of it.
    struct Form: Sendable {
        let minor: Int
        /// The checks of baseline that restricted leaves out, since this one says more.
        let overrides: [String]
        let evaluate: Evaluation

        init(since minor: Int, overrides: [String] = [], _ evaluate: @escaping Evaluation) {
            self.minor = minor
            self.overrides = overrides
            self.evaluate = evaluate
        }
    }
    let id: String
    let level: PodSecurityLevel
    /// The oldest first.
    let forms: [Form]

    init(_ id: String, _ level: PodSecurityLevel, _ forms: Form...) {
        self.id = id
        self.level = level
        self.forms = forms
    }

    func form(at minor: Int) -> Form? { forms.last { $0.minor <= minor } }
}

extension PodSecurityCheck {
    /// In the order in which the admission library tells what they find: baseline by name, then restricted by name.
    static let all: [Self] = [
        appArmorProfile, capabilitiesBaseline, hostNamespaces, hostPathVolumes, hostPorts, hostProbesAndHostLifecycle,
        privileged, procMount, seLinuxOptions, seccompProfileBaseline, sysctls, windowsHostProcess,
        allowPrivilegeEscalation, capabilitiesRestricted, procMountRestricted, restrictedVolumes, runAsNonRoot,
        runAsUser, seccompProfileRestricted,
    ]

    /// A check in the form that a version has.
    struct Bound: Sendable {
        let id: String
        let evaluate: Evaluation
    }

    /// The checks that a policy makes, in order.
    static func checks(of policy: PodSecurityPolicy) -> [Bound] {
        switch policy.level {
        case .privileged: []
        case .baseline: baselineByMinor[policy.version.evaluatedMinor]
        case .restricted: restrictedByMinor[policy.version.evaluatedMinor]
        }
    }

    // Made once: 10,000 pods need not look up the forms of each check again.
    private static let baselineByMinor = byMinor { minor in
        bound(all.filter { $0.level == .baseline }, at: minor)
    }
    private static let restrictedByMinor = byMinor { minor in
        let restricted = all.filter { $0.level == .restricted }
        let overridden = Set(restricted.flatMap { $0.form(at: minor)?.overrides ?? [] })
        return bound(all.filter { !overridden.contains($0.id) }, at: minor)
    }

    private static func byMinor(_ checks: (Int) -> [Bound]) -> [[Bound]] {
        (0...PodSecurityVersion.newestKnownMinor).map(checks)
    }

    private static func bound(_ checks: [Self], at minor: Int) -> [Bound] {
        checks.compactMap { check in check.form(at: minor).map { Bound(id: check.id, evaluate: $0.evaluate) } }
    }
}
