// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes

extension ProcessPlan {
    /// Forks a process into a running container: its namespaces, its cgroup and the same confinement as its first process.
    ///
    /// The container is given by a pidfd of its first process.
    package func start(
        joining container: Int32, in cgroup: Cgroup, _ options: LaunchOptions
    ) throws(LaunchError) -> StartingProcess {
        let fork = ProcessFork(cgroup: cgroup, newNamespaces: [], pidNamespace: container)
        return try fork.start(options) { report throws(LaunchError) in
            for step in LaunchStep.entryOrder {
                switch step {
                case .limits: try setLimits()
                case .cgroup: try step.run { () throws(SyscallError) in try cgroup.add(pid: 0, unifiedToo: false) }
                case .namespaces:
                    try step.run { () throws(SyscallError) in
                        try Process.join(process: container, [.cgroup, .ipc, .uts, .network, .mount])
                    }
                default: fatalError("\(step) is no step of the entry")
                }
            }
            try Confinement(process: self, options: options, report: report).execute()
        }
    }
}
