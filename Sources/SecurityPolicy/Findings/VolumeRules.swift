// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import KubernetesAPI

/// Rules about volumes and their files.
extension FindingRule {
    static let volumeRules: [Self] = [
        fsGroupIgnored, volumeUnwritable, filesUnreadable, modeDecimal, modeWidened, emptyDirHides, subPathNotUpdated,
        fsGroupPolicyIgnored, readOnlyNotRecursive,
    ]

    private static let fsGroupIgnored = Self(
        "fs-group-ignored", .warning, "fsGroup on a volume that does not follow it.",
        reason: """
            The kubelet gives a volume's files to fsGroup for emptyDir, configMap, secret, downwardAPI and projected \
            volumes, and for claims whose driver supports it. hostPath, NFS and image volumes stay as they are, without a \
            word; so does the folder that subPath makes in them, which is root's.
            """,
        remedy: """
            Give the folder to the group on the node or the server (chgrp, chmod g+rwX), run an init container that does, or \
            use a claim.
            """
    ) { scope in
        guard let fsGroup = scope.pod.spec.securityContext?.fsGroup else { return [] }
        return scope.mounts { container, mount, path, volume in
            guard let kind = volume.kindWithoutGroup, mount.readOnly != true, volume.image == nil,
                container.uid?.value != 0
            else { return nil }
            let part = mount.isOfPart ? ", and a folder that subPath makes is root's" : ""
            return Finding(
                "\(path).name",
                "fsGroup \(fsGroup) is not applied to volume \"\(volume.name)\": \(kind) keeps its owner\(part)")
        }
    }

    private static let volumeUnwritable = Self(
        "volume-unwritable", .warning, "A volume that a user other than root cannot write to.",
        reason: """
            The root folder of a new claim, of a folder that hostPath makes (0755), and of what subPath makes in them \
            belongs to root. Without fsGroup, or on a volume that ignores it, a process of another user gets \
            "permission denied".
            """,
        remedy: "Set fsGroup on the pod (claims), or prepare the folder's owner (hostPath)."
    ) { scope in
        let fsGroup = scope.pod.spec.securityContext?.fsGroup
        return scope.mounts { container, mount, path, volume in
            guard let uid = container.nonRootUser, mount.readOnly != true else { return nil }
            if volume.isClaim, fsGroup == nil, volume.persistentVolumeClaim?.readOnly != true {
                return Finding(
                    "\(path).name",
                    "volume \"\(volume.name)\" is root's as it is made: uid \(uid) cannot write to \(mount.mountPath)",
                    remedy: "set spec.securityContext.fsGroup")
            }
            if let host = volume.hostPath, fsGroup == nil, host.isFolder {
                return Finding(
                    "\(path).name",
                    "\(host.path) must let uid \(uid) write: a folder that the runtime makes there is root's")
            }
            return nil
        }
    }

    private static let filesUnreadable = Self(
        "files-unreadable", .warning, "Files whose mode keeps the container's user from reading them.",
        reason: """
            Files of secrets, config maps and projected volumes belong to root. With a mode without a bit for others, a \
            process of another user cannot read them, unless fsGroup gives the files to one of its groups.
            """,
        remedy: "Set fsGroup, which makes 0400 to 0440 for its group, or a mode that others may read (0444)."
    ) { scope in
        guard scope.pod.spec.securityContext?.fsGroup == nil else { return [] }
        return scope.mounts { container, mount, path, volume in
            guard let uid = container.nonRootUser, let modes = volume.fileModes else { return nil }
            let isInRootsGroup = container.groups.contains(0)
            guard let mode = modes.first(where: { $0.mode & (isInRootsGroup ? 0o044 : 0o004) == 0 }) else { return nil }
            return Finding(
                "\(path).name",
                "uid \(uid) cannot read files of volume \"\(volume.name)\": they are root's, mode "
                    + FileMode.octal(mode.mode))
        }
    }

    private static let modeDecimal = Self(
        "mode-decimal", .warning, "A file mode in decimal that reads like an octal one.",
        reason: """
            YAML takes 400 for the number four hundred, which is the mode 0620: group may write, and the owner too. Modes \
            are octal only with a leading 0 (or 0o); JSON has no octal numbers at all.
            """,
        remedy: "Write the mode with a leading 0."
    ) { scope in
        scope.pod.modes.compactMap { path, mode in
            let text = String(mode)
            guard text.count == 3, let meant = Int32(text, radix: 8), Self.usualModes.contains(meant) else {
                return nil
            }
            return Finding(
                path, "\(mode) is the mode \(FileMode.octal(mode)), not 0\(mode)", remedy: "write 0\(mode)",
                edit: .replace(path: path, text: "0\(mode)"))
        }
    }

    /// What people write; 420 and 256 and 292 are what tools write for 0644, 0400 and 0444.
    private static let usualModes: Set<Int32> = [0o400, 0o440, 0o444, 0o500, 0o550, 0o555, 0o600]

    private static let modeWidened = Self(
        "mode-widened", .note, "A private file that fsGroup makes readable by a group.",
        reason: """
            The walk that applies fsGroup adds read permission for the group to each file of the volume: 0400 becomes 0440. \
            ssh, postgres and others refuse a private key that a group can read.
            """,
        remedy: "Do without fsGroup for this pod, or copy the file to an emptyDir with the mode that the program wants."
    ) { scope in
        guard let fsGroup = scope.pod.spec.securityContext?.fsGroup else { return [] }
        return (scope.pod.spec.volumes ?? []).enumerated().compactMap { index, volume in
            guard let modes = volume.fileModes, let mode = modes.first(where: { $0.isWritten && $0.mode & 0o070 == 0 })
            else { return nil }
            return Finding(
                "spec.volumes[\(index)]",
                "files of volume \"\(volume.name)\" get mode \(FileMode.octal(mode.mode | 0o440)) and group \(fsGroup), not "
                    + FileMode.octal(mode.mode))
        }
    }

    private static let emptyDirHides = Self(
        "volume-hides-image", .warning, "An empty volume over files of the image.",
        reason: """
            A volume that is mounted over a folder hides what the image has there: Kubernetes copies nothing into it, where \
            Docker fills a new named volume from the image.
            """,
        remedy: "Mount it at another path, or fill it by an init container of the same image (cp -a).", needsImage: true
    ) { scope in
        try scope.mounts { container, mount, path, volume in
            guard let image = container.image, volume.emptyDir != nil || volume.isClaim,
                let names = try image.files.names(in: mount.mountPath), !names.isEmpty
            else { return nil }
            let some = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
            return Finding(
                "\(path).mountPath", "hides \(names.count) of the image's files in \(mount.mountPath): \(some)")
        }
    }

    private static let subPathNotUpdated = Self(
        "sub-path-not-updated", .note, "A file of a config map or secret that never changes in the container.",
        reason: """
            A part that is mounted with subPath stays the file that it was: when the config map or secret changes, the \
            container goes on with the old content until it starts anew.
            """,
        remedy: "Mount the whole volume, and link to the file from where it is wanted."
    ) { scope in
        scope.mounts { _, mount, path, volume in
            guard mount.isOfPart, volume.fileModes != nil else { return nil }
            return Finding("\(path).subPath", "volume \"\(volume.name)\" is not updated where a part of it is mounted")
        }
    }

    private static let fsGroupPolicyIgnored = Self(
        "fs-group-policy-ignored", .note, "fsGroupChangePolicy without a volume that it is about.",
        reason: """
            The policy saves the walk over claims whose root folder has the right group already. emptyDir, configMap, \
            secret, downwardAPI and projected volumes are always walked; without fsGroup nothing is.
            """,
        remedy: "Remove it, or set fsGroup."
    ) { scope in
        guard let context = scope.pod.spec.securityContext, context.fsGroupChangePolicy != nil else { return [] }
        let path = "\(ContextFields.podPath).fsGroupChangePolicy"
        if context.fsGroup == nil { return [Finding(path, "no effect without fsGroup")] }
        let hasClaim = (scope.pod.spec.volumes ?? []).contains { $0.isClaim || $0.csi != nil }
        return hasClaim ? [] : [Finding(path, "no effect: the pod has no claim")]
    }

    private static let readOnlyNotRecursive = Self(
        "read-only-not-recursive", .note, "A read-only mount of a folder of the node whose mounts stay writable.",
        reason: """
            readOnly concerns the mount itself. What is mounted below the folder on the node comes with it, and keeps its \
            own flags: a container can write there. Source: mount_setattr(2), KEP-3857.
            """,
        remedy: "Set recursiveReadOnly: Enabled (with mountPropagation None), or IfPossible for older nodes."
    ) { scope in
        scope.mounts { _, mount, path, volume in
            guard let host = volume.hostPath, mount.readOnly == true, host.isFolder,
                mount.recursiveReadOnly == nil || mount.recursiveReadOnly == "Disabled"
            else { return nil }
            return Finding("\(path).readOnly", "what is mounted below \(host.path) on the node stays writable")
        }
    }
}

extension FindingScope {
    /// Goes through the mounts of volumes that the pod has.
    func mounts(
        _ look: (ContainerScope, VolumeMount, String, Volume) throws -> Finding?
    ) rethrows -> [Finding] {
        try each { container in
            try (container.place.container.volumeMounts ?? []).enumerated().compactMap { index, mount in
                guard let volume = volumes[mount.name] else { return nil }
                return try look(container, mount, "\(container.place.path).volumeMounts[\(index)]", volume)
            }
        }
    }
}

extension VolumeMount {
    var isOfPart: Bool { [subPath, subPathExpr].contains { $0?.isEmpty == false } }
}

extension HostPathVolumeSource {
    /// Unless the type says that it is something else.
    var isFolder: Bool { ["", "Directory", "DirectoryOrCreate"].contains(type ?? "") }
}

/// Permission bits in the notation of chmod(1).
enum FileMode {
    static func octal(_ mode: Int32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension Volume {
    var isClaim: Bool { persistentVolumeClaim != nil || ephemeral != nil }

    /// What kind of volume it is, if the kubelet does not give its files to fsGroup.
    var kindWithoutGroup: String? {
        hostPath != nil ? "hostPath" : nfs != nil ? "nfs" : image != nil ? "image" : nil
    }

    struct Mode {
        let mode: Int32
        let isWritten: Bool
    }

    /// The modes that its files have, if they come from objects; tokens have rules of their own.
    var fileModes: [Mode]? {
        func modes(_ items: [KeyToPath]?, _ usual: Int32?) -> [Mode] {
            let usual = Mode(mode: usual ?? 0o644, isWritten: usual != nil)
            guard let items, !items.isEmpty else { return [usual] }
            return items.map { $0.mode.map { Mode(mode: $0, isWritten: true) } ?? usual }
        }
        func fields(_ items: [DownwardAPIVolumeFile]?, _ usual: Int32?) -> [Mode] {
            modes((items ?? []).map { KeyToPath(path: $0.path, mode: $0.mode) }, usual)
        }
        if let secret { return modes(secret.items, secret.defaultMode) }
        if let configMap { return modes(configMap.items, configMap.defaultMode) }
        if let downwardAPI { return fields(downwardAPI.items, downwardAPI.defaultMode) }
        guard let projected else { return nil }
        return (projected.sources ?? []).flatMap { source -> [Mode] in
            let usual = projected.defaultMode
            if let secret = source.secret { return modes(secret.items, usual) }
            if let configMap = source.configMap { return modes(configMap.items, usual) }
            if let downwardAPI = source.downwardAPI { return fields(downwardAPI.items, usual) }
            return []
        }
    }
}

extension Pod {
    /// Every file mode that is written in its volumes, with its path.
    fileprivate var modes: [(path: String, mode: Int32)] {
        var found: [(String, Int32)] = []
        func add(_ path: String, _ mode: Int32?) { if let mode { found.append((path, mode)) } }
        func add(_ path: String, items: [KeyToPath]?) {
            for (index, item) in (items ?? []).enumerated() { add("\(path).items[\(index)].mode", item.mode) }
        }
        func add(_ path: String, fields: [DownwardAPIVolumeFile]?) {
            for (index, item) in (fields ?? []).enumerated() { add("\(path).items[\(index)].mode", item.mode) }
        }
        for (index, volume) in (spec.volumes ?? []).enumerated() {
            let path = "spec.volumes[\(index)]"
            if let secret = volume.secret {
                add("\(path).secret.defaultMode", secret.defaultMode)
                add("\(path).secret", items: secret.items)
            }
            if let configMap = volume.configMap {
                add("\(path).configMap.defaultMode", configMap.defaultMode)
                add("\(path).configMap", items: configMap.items)
            }
            if let downwardAPI = volume.downwardAPI {
                add("\(path).downwardAPI.defaultMode", downwardAPI.defaultMode)
                add("\(path).downwardAPI", fields: downwardAPI.items)
            }
            guard let projected = volume.projected else { continue }
            add("\(path).projected.defaultMode", projected.defaultMode)
            for (place, source) in (projected.sources ?? []).enumerated() {
                let path = "\(path).projected.sources[\(place)]"
                add("\(path).secret", items: source.secret?.items)
                add("\(path).configMap", items: source.configMap?.items)
                add("\(path).downwardAPI", fields: source.downwardAPI?.items)
            }
        }
        return found
    }
}
