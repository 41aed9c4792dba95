// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Numbers from 1 on that pods have, no two the same one.
///
/// A number is a symbolic link with its name that names the pod's uid: who holds it is made and read in one call.
struct PodNumbers {
    let root: StateRoot
    /// Where the links are.
    let folder: String
    /// The last number.
    let count: UInt32
    /// Where this kind's bytes in the file of locks begin, beyond those of names.
    let firstLock: Int64

    /// The pod's number, taken now unless it has one; nil when none is left.
    func number(for uid: String) throws(SyscallError) -> UInt32? {
        try File.makeFolders(folder, mode: 0o700)
        let first = first(for: uid)
        for step in 0..<count {
            let number = 1 + (first - 1 + step) % count
            if try take(number, for: uid) { return number }
        }
        return nil
    }

    /// Where the search begins: it differs from pod to pod, and stays for one.
    private func first(for uid: String) -> UInt32 {
        1 + uid.utf8.reduce(UInt32(5381)) { $0 &* 33 ^ UInt32($1) } % count
    }

    /// Gives a pod's number back; nothing happens when it holds none.
    ///
    /// When it is not known, since the command that made the pod was killed, the first that it tried is looked at.
    func release(_ number: UInt32?, of uid: String) throws(SyscallError) {
        let number = number ?? first(for: uid)
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
            // A pod that is gone, and was kept from giving its number back, does not keep it.
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

    private func path(_ number: UInt32) -> String { "\(folder)/\(number)" }

    private func holder(of number: UInt32) throws(SyscallError) -> String? {
        try unlessMissing { () throws(SyscallError) in try File.linkTarget(path(number)) }
    }

    /// The right to change who holds a number.
    private func lock(_ number: UInt32) throws(SyscallError) -> OwnedDescriptor {
        try File.makeFolders(root.live, mode: 0o700)
        let file = try File.open(root.locks, [.readWrite, .create, .noFollow], mode: 0o600)
        _ = try ByteLock.take(file.raw, at: firstLock + Int64(number), wait: true)
        return file
    }
}
