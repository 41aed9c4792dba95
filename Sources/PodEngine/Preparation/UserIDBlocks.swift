// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes

/// The runs of ids that pods' user namespaces have: 65,536 each, no two pods the same.
///
/// A block is a file, named by its number, that holds the pod's uid; it is made exclusively, so that two commands cannot take
/// one. Source: Kubernetes' user namespaces (KEP-127): block N is the machine's ids from N × 65,536, N at least 1.
struct UserIDBlocks {
    let folder: String

    private static let size: UInt32 = 65_536
    /// The last block would hold 4294967295, which is no id.
    private static let count: UInt32 = 65_534

    /// The pod's block, taken now unless it has one.
    func block(for uid: String, pods: String) throws(PreparationError) -> IDMapping {
        try preparing("choosing ids for the pod's user namespace") {
            try File.makeFolders(folder, mode: 0o700)
            // Where the search begins differs from pod to pod, and stays for one.
            let start = uid.utf8.reduce(UInt32(5381)) { $0 &* 33 ^ UInt32($1) } % Self.count
            for step in 0..<Self.count {
                let number = 1 + (start + step) % Self.count
                if try take(number, for: uid, pods: pods) {
                    return IDMapping(containerID: 0, hostID: number * Self.size, size: Self.size)
                }
            }
            throw PreparationError("could not find an empty slot to allocate a user namespace")
        }
    }

    private func take(_ number: UInt32, for uid: String, pods: String) throws -> Bool {
        let path = "\(folder)/\(number)"
        do throws(SyscallError) {
            let file = try File.open(path, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
            try File.write(Array(uid.utf8), to: file.raw, subject: path)
            return true
        } catch {
            guard error.errno == .exists else { throw error }
        }
        let holder = try File.readText(path)
        if holder == uid { return true }
        // A pod that is gone has given its block back.
        let isThere = try File.exists(pods) && File.names(in: pods).contains { $0.hasSuffix("_\(holder)") }
        guard !isThere, !holder.isEmpty else { return false }
        try File.remove(path)
        return try take(number, for: uid, pods: pods)
    }
}
