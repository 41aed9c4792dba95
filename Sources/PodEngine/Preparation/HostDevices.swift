// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import OCISpec

/// The machine's device nodes, as a privileged container gets them.
enum HostDevices {
    /// All nodes below `/dev` but the console, terminals, shared memory and queues, which a container has of its own.
    ///
    /// Source: containerd, pkg/oci, `HostDevices`.
    static func list(below folder: String = "/dev") throws(SyscallError) -> [LinuxSpec.Device] {
        var devices: [LinuxSpec.Device] = []
        for name in try File.names(in: folder).sorted() {
            let path = "\(folder)/\(name)"
            let status: FileStatus
            // A device that was unplugged meanwhile is none.
            do { status = try File.status(path) } catch  where error.errno == .noEntry { continue }
            switch status.kind {
            case .directory where !skippedFolders.contains(name): devices += try list(below: path)
            case .characterDevice where !own.contains(name): devices.append(device("c", path, status))
            case .blockDevice: devices.append(device("b", path, status))
            default: continue
            }
        }
        return devices
    }

    private static let own: Set = ["console", "ptmx"]
    private static let skippedFolders: Set = ["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"]

    private static func device(_ type: String, _ path: String, _ status: FileStatus) -> LinuxSpec.Device {
        LinuxSpec.Device(
            type: type, path: path, major: Int64(status.represents.major), minor: Int64(status.represents.minor),
            fileMode: status.permissions, uid: status.uid, gid: status.gid)
    }
}
