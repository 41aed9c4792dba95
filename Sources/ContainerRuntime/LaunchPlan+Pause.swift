// SPDX-License-Identifier: Apache-2.0
import LinuxTypes

extension LaunchPlan {
    /// Process 1 of a PID namespace that a pod's containers share: the runtime's `pause` in an empty root, with nothing.
    ///
    /// It is a program of its own, so that a container that may trace it finds no memory of the shim in it; `program` is
    /// the runtime, open, see ``SealedProgram``.
    package static func pause(program: Int32, cgroupPath: String) -> LaunchPlan {
        var process = ProcessPlan(user: 65535, group: 65535, arguments: ["pause", "pause"])
        process.program = program
        return LaunchPlan(
            namespaces: [.init(kind: .mount, source: .new), .init(kind: .pid, source: .new)],
            root: RootPlan(source: .empty, readOnly: true), mounts: [], devices: [], maskedPaths: [], readOnlyPaths: [],
            sysctls: [], process: process,
            cgroup: CgroupPlan(
                path: cgroupPath, deviceRules: [.init(allow: false, kind: .all)] + CgroupPlan.defaultDevices))
    }
}

extension ProcessPlan {
    /// A process with no capability, no group but its own and no way to more.
    init(user: UInt32, group: UInt32, arguments: [String]) {
        self.arguments = arguments
        environment = []
        folder = "/"
        uid = user
        gid = group
        groups = [group]
        creationMask = 0o022
        bounding = []
        permitted = []
        effective = []
        noNewPrivileges = true
        limits = []
        terminal = false
    }
}
