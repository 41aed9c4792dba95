// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Synchronization

/// Tells of a walk that takes long, when a kubelet would: after 30 s, and then every 60 s.
final class WalkWatch: Sendable {
    private let volume: String
    private let pod: String
    private let onActivity: @Sendable (PodVolumes.Activity) -> Void
    /// Nanoseconds of the monotonic clock at which the next warning is due, and how many came before.
    private let next: Mutex<(due: Int64, count: Int)>

    /// `pod` names pod and volume in the warnings.
    init(volume: String, pod: String, onActivity: @escaping @Sendable (PodVolumes.Activity) -> Void) {
        self.volume = volume
        self.pod = pod
        self.onActivity = onActivity
        next = Mutex((Clock.monotonic + 30_000_000_000, 0))
    }

    func report(files: Int) {
        onActivity(.progress(volume: volume, files: files))
        let count = next.withLock { next -> Int? in
            guard Clock.monotonic >= next.due else { return nil }
            next.due += 60_000_000_000
            next.count += 1
            return next.count
        }
        guard let count else { return }
        let message =
            count == 1
            ? "Setting volume ownership for \(pod) is taking longer than expected, consider using OnRootMismatch - "
                + "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
                + "#configure-volume-permission-and-ownership-change-policy-for-pods"
            : "Setting volume ownership for \(pod), processed \(files) files."
        onActivity(.warning(VolumeWarning(reason: "VolumePermissionChangeInProgress", message: message)))
    }
}
