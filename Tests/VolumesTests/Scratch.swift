// SPDX-License-Identifier: Apache-2.0
import Foundation
import LinuxKernel

/// A folder of its own for one test, removed after it, and what tests put there.
final class Scratch {
    let path: String
    /// What a test mounted below it, in a mount namespace of its own.
    var mounts: [String] = []
    init() throws {
        path = NSTemporaryDirectory() + "holdfast-volumes-" + UUID().uuidString
        try File.makeFolders(path)
    }
    deinit {
        for mount in mounts { try? Mount.detach(mount) }
        try? File.removeTree(path)
    }

    func folder(_ name: String, _ mode: UInt32 = 0o755, uid: UInt32 = 0, gid: UInt32 = 0) throws {
        try File.makeFolders("\(path)/\(name)")
        try own("\(path)/\(name)", mode, uid, gid)
    }
    func file(_ name: String, _ mode: UInt32 = 0o644, uid: UInt32 = 0, gid: UInt32 = 0) throws {
        try File.replace("\(path)/\(name)", with: Array("x".utf8))
        try own("\(path)/\(name)", mode, uid, gid)
    }
    private func own(_ path: String, _ mode: UInt32, _ uid: UInt32, _ gid: UInt32) throws {
        try File.changeOwner(path, uid: uid, gid: gid)
        let open = try File.open(path, [.path, .noFollow])
        try File.changePermissions(of: open.raw, to: mode)
    }

    /// Kind, owner, group and mode as the kernel has them: `file 0:2000 4775`.
    func status(_ name: String) throws -> String {
        let status = try File.status(name.isEmpty ? path : "\(path)/\(name)")
        let mode = String(status.permissions, radix: 8)
        return "\(status.kind) \(status.uid):\(status.gid) \(String(repeating: "0", count: 4 - mode.count))\(mode)"
    }
}
