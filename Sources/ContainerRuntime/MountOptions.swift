// SPDX-License-Identifier: Apache-2.0
package import LinuxKernel

/// The options of a mount as mount(8) and the OCI runtime spec write them, sorted by what they are.
package struct MountOptions: Hashable, Sendable {
    package var attributes: MountAttributes = []
    package var cleared: MountAttributes = []
    /// Properties of the mount and of all mounts below it: `rro`.
    package var recursiveReadOnly = false
    /// A new file system is read-only as a whole, wherever else it is mounted; `ro=vfs` makes this mount alone so.
    package var readOnlyFileSystem = false
    /// Owners are shifted by the container's user namespace: `idmap`.
    package var mapsOwners = false
    package var bind = false
    package var recursiveBind = false
    package var propagation: Propagation = .private
    /// What is left for the file system: `size=65536k`.
    package var data: [MountPlan.Option] = []

    /// Sorts a list; a word that is neither known nor `key=value` is handed to the file system, which refuses it if it must.
    package init(_ words: [String]) {
        for word in words { add(word) }
    }

    private mutating func add(_ word: String) {
        if word == "ro" || word == "rw" { readOnlyFileSystem = word == "ro" }
        if let attribute = Self.set[word] {
            attributes.insert(attribute)
            cleared.remove(attribute)
        } else if let attribute = Self.clear[word] {
            attributes.remove(attribute)
            cleared.insert(attribute)
        } else {
            addOther(word)
        }
    }

    private mutating func addOther(_ word: String) {
        switch word {
        case "defaults", "async", "relatime", "norelatime", "loud", "silent", "private", "rprivate", "": break
        case "rro":
            attributes.insert(.readOnly)
            recursiveReadOnly = true
        case "idmap": mapsOwners = true
        case "bind": bind = true
        case "rbind":
            bind = true
            recursiveBind = true
        case "slave", "rslave": propagation = .slave
        case "shared", "rshared": propagation = .shared
        default:
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            data.append(MountPlan.Option(key: parts[0], value: parts.count == 2 ? parts[1] : nil))
        }
    }

    /// The words that are understood here and not handed to a file system, sorted.
    static let knownWords =
        (Array(set.keys) + Array(clear.keys) + [
            "bind", "defaults", "idmap", "private", "rbind", "rprivate", "rro", "rshared", "rslave", "shared", "slave",
        ]).sorted()

    private static let set: [String: MountAttributes] = [
        "ro": .readOnly, "ro=vfs": .readOnly, "nosuid": .noSetUserID, "nodev": .noDevices, "noexec": .noExecution,
        "noatime": .noAccessTime, "strictatime": .strictAccessTime, "nodiratime": .noDirectoryAccessTime,
    ]
    private static let clear: [String: MountAttributes] = [
        "rw": .readOnly, "suid": .noSetUserID, "dev": .noDevices, "exec": .noExecution, "atime": .noAccessTime,
        "nostrictatime": .strictAccessTime, "diratime": .noDirectoryAccessTime,
    ]
}
