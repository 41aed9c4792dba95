// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes

/// Rules about `privileged` and `allowPrivilegeEscalation`.
extension FindingRule {
    static let privilegeRules: [Self] = [privilegedIgnores, privilegedNonRoot, escalationLeftOpen]

    private static let privilegedIgnores = Self(
        "privileged-ignores", .warning, "A restriction that a privileged container does not have.",
        reason: """
            privileged: true means all capabilities, no seccomp filter whatever profile is asked for, no masked and no \
            read-only paths, and the machine's devices. capabilities.add and drop, seccompProfile and procMount change \
            nothing then, and AppArmor's RuntimeDefault is not applied.
            """,
        remedy: "Remove privileged and add the capabilities that are needed, or remove the fields without effect."
    ) { scope in
        scope.each { container in
            guard container.isPrivileged, let context = container.context else { return [] }
            let pod = scope.pod.spec.securityContext
            var fields: [(String, Bool)] = [
                (
                    "\(container.path).capabilities",
                    context.capabilities?.add?.isEmpty == false || context.capabilities?.drop?.isEmpty == false
                ),
                ("\(container.path).procMount", context.procMount != nil),
            ]
            if let own = context.seccompProfile {
                fields.append(("\(container.path).seccompProfile", own.type != "Unconfined"))
            } else {
                fields.append(
                    (
                        "\(ContextFields.podPath).seccompProfile",
                        pod?.seccompProfile.map { $0.type != "Unconfined" } ?? false
                    ))
            }
            fields.append(
                context.appArmorProfile != nil
                    ? ("\(container.path).appArmorProfile", context.appArmorProfile?.type == "RuntimeDefault")
                    : (
                        "\(ContextFields.podPath).appArmorProfile",
                        pod?.appArmorProfile?.type == "RuntimeDefault"
                    ))
            return fields.filter(\.1).map { path, _ in
                Finding(path, "no effect on container \"\(container.name)\": it is privileged")
            }
        }
    }

    private static let privilegedNonRoot = Self(
        "privileged-non-root", .warning, "A privileged container whose user is not root.",
        reason: """
            Under containerd such a process holds no capability, since leaving uid 0 clears them: it is less than it seems, \
            until it executes a set-user-ID program. CRI-O raises all capabilities as ambient ones: there it holds them all.
            """,
        remedy: "Run as root if the privileges are needed, or remove privileged."
    ) { scope in
        scope.each { container in
            guard container.isPrivileged, let uid = container.nonRootUser else { return [] }
            return [
                Finding(
                    "\(container.path).privileged",
                    "container \"\(container.name)\" is privileged as uid \(uid): it holds no capability under containerd, "
                        + "and all of them under CRI-O")
            ]
        }
    }

    private static let escalationLeftOpen = Self(
        "escalation-left-open", .note, "A user other than root that may become root again.",
        reason: """
            allowPrivilegeEscalation is true unless it is false. The process runs without no_new_privs, and a set-user-ID \
            program, or one with file capabilities, of the image gives it what the bounding set holds. Neither runAsNonRoot \
            nor a dropped capability sets no_new_privs.
            """,
        remedy: "Set allowPrivilegeEscalation: false."
    ) { scope in
        guard scope.isRestricted else { return [] }
        return scope.each { container in
            guard !container.isPrivileged, container.context?.allowPrivilegeEscalation == nil,
                container.isToRunAsNonRoot || container.nonRootUser != nil,
                container.effective?.capabilitySets.bounding.isEmpty == false
            else { return [] }
            return [
                Finding(
                    container.path, "container \"\(container.name)\" runs without no_new_privs",
                    remedy: "set allowPrivilegeEscalation: false on the container")
            ]
        }
    }
}
