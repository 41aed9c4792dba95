// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// The right to change what belongs to one name; it goes with its holder, however that ends.
///
/// All names share one file: a name's lock is the byte at the place that its hash says, so no lock file is ever left
/// behind. Two names that meet at one place wait for each other and nothing worse.
package struct NameLock: ~Copyable {
    package enum Purpose: UInt64, Sendable {
        /// Held while an object is made, changed or removed.
        case change = 1
        /// Shared by those that wait for a pod's end in order to remove it.
        case deletion = 2
    }
    private let file: OwnedDescriptor

    /// Waits for the lock and holds it while the work is done.
    package static func holding<Result>(
        _ resource: Resource, _ name: ObjectName, _ purpose: Purpose = .change, in root: StateRoot,
        _ work: () throws(EngineError) -> Result
    ) throws(EngineError) -> Result {
        let lock = try take(resource, name, purpose, in: root)
        let result = try work()
        lock.release()
        return result
    }

    private consuming func release() {}

    static func take(
        _ resource: Resource, _ name: ObjectName, _ purpose: Purpose, in root: StateRoot
    ) throws(EngineError) -> Self {
        try doing("cannot lock \(resource.singular) \(name.name)") { () throws(SyscallError) in
            try File.makeFolders(root.live, mode: 0o700)
            let file = try File.open(root.locks, [.readWrite, .create, .noFollow], mode: 0o600)
            let place = offset(resource, name, purpose)
            guard try ByteLock.take(file.raw, at: place, exclusive: purpose == .change, wait: true) else {
                fatalError("a lock that is waited for was not taken")
            }
            return Self(file: file)
        }
    }

    /// Whether somebody holds the lock.
    package static func isHeld(
        _ resource: Resource, _ name: ObjectName, _ purpose: Purpose = .change, in root: StateRoot
    ) throws(EngineError) -> Bool {
        try doing("cannot look at the lock of \(resource.singular) \(name.name)") { () throws(SyscallError) in
            guard let file = try unlessMissing({ () throws(SyscallError) in try File.open(root.locks, [.readOnly]) })
            else { return false }
            return try ByteLock.isHeld(file.raw, at: offset(resource, name, purpose))
        }
    }

    /// A place below 2⁶², the same in every process: FNV-1a.
    private static func offset(_ resource: Resource, _ name: ObjectName, _ purpose: Purpose) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ purpose.rawValue
        for byte in "\(resource.rawValue)/\(name.namespace)/\(name.name)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return Int64(hash >> 2)
    }
}
