// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

/// The cgroup hierarchies of this machine: v1, v2, or both (the hybrid layout).
///
/// Source: cgroups(7).
package struct CgroupLayout: Hashable, Sendable {
    /// One v1 hierarchy.
    package struct Hierarchy: Hashable, Sendable {
        /// The folder's name: `memory`, `cpu,cpuacct`, `systemd`.
        package let name: String
        package let controllers: [String]
        package let mountPoint: String
    }

    package let hierarchies: [Hierarchy]
    /// Where cgroup2 is mounted, if it is.
    package let unified: String?

    package init(hierarchies: [Hierarchy], unified: String?) {
        self.hierarchies = hierarchies
        self.unified = unified
    }

    /// Reads the layout from `/proc/self/mountinfo`.
    package static func current() throws(SyscallError) -> Self {
        Self(mountInfo: try File.readText("/proc/self/mountinfo"))
    }

    /// Reads the layout from the text of `/proc/PID/mountinfo`; a hierarchy that is mounted twice counts once.
    package init(mountInfo: String) {
        var hierarchies: [Hierarchy] = []
        var unified: String?
        for line in mountInfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, fields.count > 5 else { continue }
            let mountPoint = String(fields[4])
            switch fields[dash + 1] {
            case "cgroup2": unified = unified ?? mountPoint
            case "cgroup":
                let options = fields[dash + 3].split(separator: ",").map(String.init)
                let controllers = options.filter(Self.controllers.contains)
                let name = String(mountPoint.split(separator: "/").last ?? "")
                if !hierarchies.contains(where: { $0.name == name }) {
                    hierarchies.append(Hierarchy(name: name, controllers: controllers, mountPoint: mountPoint))
                }
            default: continue
            }
        }
        self.init(hierarchies: hierarchies, unified: unified)
    }

    private static let controllers: Set<String> = [
        "blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "hugetlb", "memory", "net_cls", "net_prio",
        "perf_event", "pids", "rdma", "misc",
    ]

    /// The v1 hierarchy that has this controller.
    package func hierarchy(of controller: String) -> Hierarchy? {
        hierarchies.first { $0.controllers.contains(controller) }
    }
}
