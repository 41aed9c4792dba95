// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI

/// What a namespace's labels ask of its pods, in three modes.
///
/// A mode without a label is privileged at `latest`. Source: Kubernetes, pod-security-admission, `PolicyToEvaluate`.
package struct PodSecurityNamespacePolicy: Hashable, Sendable {
    /// A label whose value means nothing.
    package struct LabelError: Error, Hashable, Sendable, CustomStringConvertible {
        /// `pod-security.kubernetes.io/enforce`, for example.
        package let label: String
        package let value: String
        package let message: String

        package var description: String {
            "metadata.labels[\(label)]: Invalid value: \(GoText.quoted(value)): \(message)"
        }
    }
    /// Pods that violate it are refused.
    package private(set) var enforce = PodSecurityPolicy(.privileged)
    /// Pods that violate it are noted in the audit log.
    package private(set) var audit = PodSecurityPolicy(.privileged)
    /// Who creates pods or templates that violate it is warned; as strict as ``enforce`` where no label says otherwise.
    package private(set) var warn = PodSecurityPolicy(.privileged)
    package private(set) var errors: [LabelError] = []

    package init(labels: [String: String]) {
        // A level that cannot be read is the strictest where it refuses pods, and none where it only tells.
        let enforces = read(labels, "enforce", into: \.enforce, unreadable: .restricted)
        _ = read(labels, "audit", into: \.audit, unreadable: .privileged)
        _ = read(labels, "warn", into: \.warn, unreadable: .privileged)
        guard enforces, labels[Self.prefix + "warn"] == nil, enforce.level > warn.level else { return }
        warn.level = enforce.level
        if labels[Self.prefix + "warn-version"] == nil { warn.version = enforce.version }
    }

    /// Of all its labels.
    package static let prefix = "pod-security.kubernetes.io/"

    /// Whether there is a level that can be read.
    private mutating func read(
        _ labels: [String: String], _ mode: String, into policy: WritableKeyPath<Self, PodSecurityPolicy>,
        unreadable: PodSecurityLevel
    ) -> Bool {
        let label = Self.prefix + mode
        var hasLevel = false
        if let text = labels[label] {
            do throws(PodSecurityValueError) {
                self[keyPath: policy].level = try PodSecurityLevel(text)
                hasLevel = true
            } catch {
                self[keyPath: policy].level = unreadable
                errors.append(LabelError(label: label, value: text, message: error.message))
            }
        }
        if let text = labels[label + "-version"] {
            do throws(PodSecurityValueError) {
                self[keyPath: policy].version = try PodSecurityVersion(text)
            } catch {
                self[keyPath: policy].version = .latest
                errors.append(LabelError(label: label + "-version", value: text, message: error.message))
            }
        }
        return hasLevel
    }
}
