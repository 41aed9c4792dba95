// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import KubernetesAPI
import LinuxKernel
import LinuxTypes

/// `emptyDir`: a folder that lives as long as the pod, on disk or in memory.
struct EmptyDirVolume {
    let source: EmptyDirVolumeSource
    /// What the pod's containers may use together; nil: no limit.
    let podMemoryLimit: Bytes?

    /// The size of the memory: the least of the machine's memory, the pod's limit and the volume's own.
    func memorySize() throws(SetUpError) -> Int64 {
        let limits = [podMemoryLimit?.count, source.sizeLimit?.value].compactMap(\.self).filter { $0 > 0 }
        return min(limits.min() ?? .max, try Self.machineMemory())
    }

    /// Makes the folder, open to all: `0777`, whatever the creation mask is.
    static func makeFolder(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        try File.makeFolders(path)
        let folder = try File.open(path, [.readOnly, .directory, .noFollow])
        try File.changePermissions(of: folder.raw, to: 0o777)
        return folder
    }

    /// Bytes.
    ///
    /// Source: proc_meminfo(5), `MemTotal`.
    private static func machineMemory() throws(SetUpError) -> Int64 {
        let text: String
        do { text = try File.readText("/proc/meminfo") } catch { throw SetUpError("\(error)") }
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int64($0) }) else {
            throw SetUpError("/proc/meminfo has no MemTotal")
        }
        return kibibytes << 10
    }
}
