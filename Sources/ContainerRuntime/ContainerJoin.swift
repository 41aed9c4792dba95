// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes

extension ProcessPlan {
    /// Forks a process into a running container: its namespaces, its cgroup and the same confinement as its first process.
    ///
    /// The container is given by a pidfd of its first process.
    package func start(
        joining container: Int32, in cgroup: Cgroup, owners: OwnerMapping?, _ options: LaunchOptions
    ) throws(LaunchError) -> StartingProcess {
        var process = self
        process.isFirst = false
        let fork = ProcessFork(cgroup: cgroup, newNamespaces: [], isLabelled: isLabelled)
        return try fork.start(options) { launch throws(LaunchError) in
            for step in LaunchStep.entryOrder {
                guard step == .namespaces else {
                    try enter(step, cgroup, options, owners)
                    continue
                }
                try step.run { () throws(SyscallError) in
                    let kinds: [NamespaceKind] = [.cgroup, .ipc, .uts, .network, .mount, .pid]
                    try Process.join(process: container, owners == nil ? kinds : [.user] + kinds)
                    if owners != nil { try UserNamespace.becomeRoot() }
                }
            }
            let birth = try LaunchStep.birth.run { () throws(SyscallError) in try BirthWord() }
            try Confinement(
                process: process, options: options, report: launch.report, birth: birth, parent: launch.parent,
                machineProcesses: launch.machineProcesses
            ).execute()
        }
    }
}
