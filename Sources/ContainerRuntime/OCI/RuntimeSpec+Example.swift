// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
package import OCISpec

extension RuntimeSpec {
    /// A container that runs `sh` in `rootfs` with no capability and no new privileges: what `spec` prints.
    package static var example: RuntimeSpec {
        var linux = LinuxSpec(
            namespaces: [
                .init(type: .pid), .init(type: .network), .init(type: .ipc), .init(type: .uts), .init(type: .mount),
            ])
        linux.resources = ResourcesSpec(devices: [.init(allow: false, access: "rwm")])
        linux.maskedPaths = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"]
        linux.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        return RuntimeSpec(
            process: ProcessSpec(
                terminal: false, user: .init(uid: 0, gid: 0, umask: nil, additionalGids: []), args: ["sh"],
                env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"], cwd: "/",
                capabilities: .init(bounding: [], effective: [], permitted: []), noNewPrivileges: true,
                oomScoreAdj: nil), root: RootSpec(path: "rootfs", readonly: true), hostname: "holdfast",
            mounts: [
                MountSpec(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
                MountSpec(
                    destination: "/dev", type: "tmpfs", source: "tmpfs",
                    options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
                MountSpec(
                    destination: "/dev/pts", type: "devpts", source: "devpts",
                    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
                MountSpec(
                    destination: "/sys", type: "sysfs", source: "sysfs",
                    options: ["nosuid", "noexec", "nodev", "ro"]),
            ], annotations: nil, linux: linux)
    }
}

/// What this runtime can do: the OCI runtime specification's features.md.
package struct RuntimeFeatures: Codable, Hashable, Sendable {
    package var ociVersionMin = "1.0.0"
    package var ociVersionMax = RuntimeSpec.version
    package var mountOptions = MountOptions.knownWords
    package init() {}
}
