// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel
package import LinuxTypes

/// New namespaces that belong to a new user namespace, made by a process of their own and kept by descriptor.
///
/// Source: user_namespaces(7): a namespace belongs to the user namespace in which it was made, and capabilities there hold for it.
package enum UserNamespace {
    /// Makes a user namespace with these mappings, and namespaces of the other kinds that belong to it.
    ///
    /// The caller closes the descriptors.
    package static func make(
        users: [IDMapping], groups: [IDMapping], with others: [NamespaceKind] = []
    ) throws(SyscallError) -> [(kind: NamespaceKind, descriptor: Int32)] {
        let hold = try Pipe()
        switch try Process.fork(newNamespaces: [.user] + others) {
        case .child:
            // Lives until the parent has what it wants, or is gone.
            let reader = hold.takeReader()
            do { _ = try File.read(reader.raw, upTo: 1, subject: "the parent's word") } catch {}
            Process.exit(0)
        case .parent(let pid, let process):
            // The child ends by itself when this end is closed, at the latest with the caller.
            let writer = hold.takeWriter().release()
            defer { _ = OwnedDescriptor(taking: writer) }
            let made = try complete(pid, users, groups, others)
            try Process.signal(process.raw, Signal.kill)
            _ = try Process.wait(process.raw)
            return made
        }
    }

    /// Makes the caller, which has just joined one, its root: the machine's root is nobody there.
    static func becomeRoot() throws(SyscallError) {
        try Identity.setGroups([])
        try Identity.setGroup(0)
        try Identity.setUser(0)
    }

    private static func complete(
        _ pid: Int32, _ users: [IDMapping], _ groups: [IDMapping], _ others: [NamespaceKind]
    ) throws(SyscallError) -> [(kind: NamespaceKind, descriptor: Int32)] {
        try File.writeValue(text(users), to: "/proc/\(pid)/uid_map")
        try File.writeValue(text(groups), to: "/proc/\(pid)/gid_map")
        var made: [(kind: NamespaceKind, descriptor: Int32)] = []
        for kind in [.user] + others { made.append((kind, try Process.namespace(kind, of: pid).release())) }
        return made
    }

    private static func text(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }
}

/// The ids of a container as the machine sees them.
package struct OwnerMapping: Hashable, Sendable {
    package var users: [IDMapping]
    package var groups: [IDMapping]
    package init(users: [IDMapping], groups: [IDMapping]) {
        self.users = users
        self.groups = groups
    }

    /// The machine's id for a container's; nil when the namespace does not map it.
    package func hostUser(_ id: UInt32) -> UInt32? { Self.host(id, users) }
    package func hostGroup(_ id: UInt32) -> UInt32? { Self.host(id, groups) }

    private static func host(_ id: UInt32, _ mappings: [IDMapping]) -> UInt32? {
        mappings.first { $0.covers(id) }.map { $0.hostID + (id - $0.containerID) }
    }
}
