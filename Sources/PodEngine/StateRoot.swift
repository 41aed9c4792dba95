// SPDX-License-Identifier: Apache-2.0
import LinuxKernel

/// Where Holdfast keeps its state: `/var/lib/holdfast` and `/run/holdfast`, or both below one folder.
package struct StateRoot: Hashable, Sendable {
    /// The folder that was asked for; nil: the machine's own places.
    package let folder: String?
    /// What outlives a reboot.
    package let lasting: String
    /// Sockets and live status.
    package let live: String

    /// - Parameter folder: an absolute path from `--root` or `HOLDFAST_ROOT`; nil for the machine's own places.
    package init(folder: String?) {
        self.folder = folder
        lasting = folder.map { $0 + "/lib" } ?? "/var/lib/holdfast"
        live = folder.map { $0 + "/run" } ?? "/run/holdfast"
    }

    package var images: String { lasting + "/images" }
    /// Claims' storage: a folder per claim.
    package var volumes: String { lasting + "/volumes" }
    /// Which ids of the machine each pod's user namespace has: a link per block.
    package var userNamespaces: String { lasting + "/userns" }
    /// Which SELinux categories each pod has: a link per pair.
    package var seLinuxCategories: String { lasting + "/selinux" }
    package var pods: String { lasting + "/pods" }
    /// Objects other than pods: `objects/KIND/NS_NAME.json`.
    package var objects: String { lasting + "/objects" }
    /// The key that signs service account tokens: ``SigningKey``.
    package var signingKey: String { lasting + "/service-account-key.json" }
    /// The file whose bytes are the locks of names: ``NameLock``.
    package var locks: String { live + "/locks" }

    /// `pods/NS_NAME_UID`; names are validated before they come here.
    package func podFolder(namespace: String, name: String, uid: String) -> String {
        "\(pods)/\(namespace)_\(name)_\(uid)"
    }
    package func runFolder(uid: String) -> String { "\(live)/pods/\(uid)" }
}
