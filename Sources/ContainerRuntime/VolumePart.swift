// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// A part of a volume that a container mounts in place of the volume's root: `subPath`.
///
/// It is made and checked when the container starts, since an init container may have put something there. The mount opens
/// it again, below the volume: this is for the words alone.
package struct VolumePart: Codable, Hashable, Sendable {
    /// The volume's name in the manifest.
    package var volume: String
    /// The volume's root, as the shim sees it.
    package var root: String
    /// Relative, without `..`.
    package var path: String

    package init(volume: String, root: String, path: String) {
        self.volume = volume
        self.root = root
        self.path = path
    }

    /// Makes what is missing of it with the permission bits of the volume's root, and shows that it stays in the volume.
    package func prepare() throws(VolumePartError) {
        do throws(SyscallError) {
            let folder = try File.open(root, [.path, .directory])
            _ = try SubPath.make(path, below: folder.raw)
        } catch {
            throw VolumePartError(part: self, cause: error, isThere: isThere)
        }
    }

    /// Whether the machine finds anything by the path, wherever its links lead: it decides between two messages.
    private var isThere: Bool {
        do {
            _ = try File.followedStatus("\(root)/\(path)")
            return true
        } catch { return false }
    }
}

/// Why a container cannot have a part of a volume.
package struct VolumePartError: Error, CustomStringConvertible {
    let part: VolumePart
    let cause: SyscallError
    let isThere: Bool

    /// For who runs the machine.
    package var description: String {
        let leaves = cause.errno == .crossDevice || cause.errno == .tooManyLinks
        return "volume \"\(part.volume)\", subPath \"\(part.path)\": "
            + (leaves ? "it leaves the volume through a symbolic link" : "\(cause)")
    }

    /// The kubelet's words, vague on purpose: they tell nothing of the machine's files.
    package func message(container: String) -> String {
        (isThere ? "failed to prepare subPath" : "failed to create subPath directory")
            + " for volumeMount \"\(part.volume)\" of container \"\(container)\""
    }
}
