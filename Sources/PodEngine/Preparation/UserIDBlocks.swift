// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes

/// The runs of ids that pods' user namespaces have: 65,536 each, no two pods the same.
///
/// Source: Kubernetes' user namespaces (KEP-127): block N is the machine's ids from N × 65,536, N at least 1.
struct UserIDBlocks {
    private static let size = IDMapping.podSize
    private let numbers: PodNumbers

    init(root: StateRoot) {
        // Block 65535 would hold 4294967295, which is no id.
        numbers = PodNumbers(root: root, folder: root.userNamespaces, count: 65_534, firstLock: 1 << 62)
    }

    /// The pod's block, taken now unless it has one.
    func block(for uid: String) throws(PreparationError) -> IDMapping {
        let number = try preparing("choosing ids for the pod's user namespace") { try numbers.number(for: uid) }
        guard let number else { throw PreparationError("could not find an empty slot to allocate a user namespace") }
        return IDMapping(containerID: 0, hostID: number * Self.size, size: Self.size)
    }

    /// Gives a pod's block back, the one of its plan where that is known.
    func release(_ block: IDMapping?, of uid: String) throws(SyscallError) {
        try numbers.release(block.map { $0.hostID / Self.size }, of: uid)
    }
}
