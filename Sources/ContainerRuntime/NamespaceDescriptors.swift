// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes

/// Open namespaces that the new process joins.
struct NamespaceDescriptors: ~Copyable {
    private var held: [Int32] = []
    private var kinds: [NamespaceKind] = []

    /// Opens those that exist, and makes a user namespace that does not, with the others that are to belong to it.
    init(_ plan: LaunchPlan) throws(LaunchError) {
        for namespace in plan.namespaces {
            guard case .path(let path) = namespace.source else { continue }
            let descriptor = try LaunchStep.namespaces.run(
                "linux.namespaces[\(namespace.kind.rawValue)]",
                { () throws(SyscallError) in try File.open(path, [.readOnly]) })
            held.append(descriptor.release())
            kinds.append(namespace.kind)
        }
        guard plan.hasNew(.user), let owners = plan.owners else { return }
        let others = plan.namespaces.filter { $0.source == .new && [.network, .ipc, .uts].contains($0.kind) }
        let made = try LaunchStep.namespaces.run { () throws(SyscallError) in
            try UserNamespace.make(users: owners.users, groups: owners.groups, with: others.map(\.kind))
        }
        for entry in made {
            held.append(entry.descriptor)
            kinds.append(entry.kind)
        }
    }

    deinit { for descriptor in held { _ = OwnedDescriptor(taking: descriptor) } }

    func raw(_ kind: NamespaceKind) -> Int32 { kinds.firstIndex(of: kind).map { held[$0] } ?? -1 }

    /// All but the user and the PID namespace.
    var joinable: [(kind: NamespaceKind, descriptor: Int32)] {
        zip(kinds, held).filter { $0.0 != .pid && $0.0 != .user }.map { ($0, $1) }
    }

    func join() throws(SyscallError) { try Self.join(user: raw(.user), joinable, pid: raw(.pid)) }

    /// Joins the user namespace first, to which the others belong; the PID namespace is for the caller's children alone.
    static func join(
        user: Int32, _ others: [(kind: NamespaceKind, descriptor: Int32)], pid: Int32
    ) throws(SyscallError) {
        if user >= 0 {
            try Process.join(user, .user)
            try UserNamespace.becomeRoot()
        }
        for entry in others { try Process.join(entry.descriptor, entry.kind) }
        if pid >= 0 { try Process.join(pid, .pid) }
    }
}
