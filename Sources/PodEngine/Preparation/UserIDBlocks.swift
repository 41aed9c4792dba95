// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes

/// The runs of ids that pods' user namespaces have: 65,536 each, no two pods the same.
///
/// A block is a symbolic link, named by its number, that names the pod's uid: who holds a block is made and read in one
/// call. Source: Kubernetes' user namespaces (KEP-127): block N is the machine's ids from N × 65,536, N at least 1.
struct UserIDBlocks {
    let root: StateRoot

    private static let size = IDMapping.podSize
    /// The last block would hold 4294967295, which is no id.
    private static let count: UInt32 = 65_534

    /// The pod's block, taken now unless it has one.
    func block(for uid: String) throws(PreparationError) -> IDMapping {
        try preparing("choosing ids for the pod's user namespace") {
            try File.makeFolders(root.userNamespaces, mode: 0o700)
            let first = Self.first(for: uid)
            for step in 0..<Self.count {
                let number = 1 + (first - 1 + step) % Self.count
                if try take(number, for: uid) {
                    return IDMapping(containerID: 0, hostID: number * Self.size, size: Self.size)
                }
            }
            throw PreparationError("could not find an empty slot to allocate a user namespace")
        }
    }

    /// Where the search begins: it differs from pod to pod, and stays for one.
    private static func first(for uid: String) -> UInt32 {
        1 + uid.utf8.reduce(UInt32(5381)) { $0 &* 33 ^ UInt32($1) } % count
    }

    /// Gives a pod's block back; nothing happens when it holds none.
    ///
    /// Without the block of its plan, since the command that made the pod was killed, the first that it tried is looked at.
    func release(_ block: IDMapping?, of uid: String) throws(SyscallError) {
        let number = block.map { $0.hostID / Self.size } ?? Self.first(for: uid)
        // Most pods have none: no lock for these.
        guard try holder(of: number) == uid else { return }
        let lock = try lock(number)
        guard try holder(of: number) == uid else { return }
        try File.remove(path(number))
        _ = consume lock
    }

    private func take(_ number: UInt32, for uid: String) throws(SyscallError) -> Bool {
        let lock = try lock(number)
        if let holder = try holder(of: number) {
            if holder == uid { return true }
            // A pod that is gone, and was kept from giving its block back, does not keep it.
            guard try !isThere(holder) else { return false }
            try File.remove(path(number))
        }
        try File.makeLink(path(number), to: uid)
        _ = consume lock
        return true
    }

    private func isThere(_ uid: String) throws(SyscallError) -> Bool {
        let pods = try unlessMissing { () throws(SyscallError) in try File.names(in: root.pods) } ?? []
        return pods.contains { $0.hasSuffix("_\(uid)") }
    }

    private func path(_ number: UInt32) -> String { "\(root.userNamespaces)/\(number)" }

    private func holder(of number: UInt32) throws(SyscallError) -> String? {
        try unlessMissing { () throws(SyscallError) in try File.linkTarget(path(number)) }
    }

    /// The right to change who holds a block: a byte of the file of locks, beyond those of names.
    private func lock(_ number: UInt32) throws(SyscallError) -> OwnedDescriptor {
        try File.makeFolders(root.live, mode: 0o700)
        let file = try File.open(root.locks, [.readWrite, .create, .noFollow], mode: 0o600)
        _ = try ByteLock.take(file.raw, at: 1 << 62 + Int64(number), wait: true)
        return file
    }
}
