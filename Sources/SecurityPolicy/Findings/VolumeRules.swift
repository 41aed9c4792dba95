// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import KubernetesAPI

/// Rules about volumes and their files.
extension FindingRule {
    static let volumeRules: [Self] = [
        fsGroupIgnored, volumeUnwritable, filesUnreadable, modeDecimal, modeWidened, emptyDirHides, subPathNotUpdated,
        volumeAlwaysReadOnly, fsGroupPolicyIgnored, readOnlyNotRecursive,
    ]

    private static let fsGroupIgnored = Self(
        "fs-group-ignored", .warning, "fsGroup on a volume that does not follow it.",
        reason: """
            The kubelet gives a volume's files to fsGroup for emptyDir, configMap, secret, downwardAPI and projected \
            volumes, and for claims whose driver supports it. hostPath, NFS and image volumes stay as they are, without a \
            word; so does the folder that subPath makes in them, which is root's. The process is in the group all the same.
            """,
        remedy: """
            Give the folder to the group on the node or the server (chgrp, chmod g+rwX), run an init container that does, or \
            use a claim.
            """
    ) { scope in
        guard let fsGroup = scope.pod.spec.securityContext?.fsGroup else { return [] }
        return scope.mounts { container, mount, path, volume in
            let kind = volume.hostPath?.isDataFolder == true ? "hostPath" : volume.nfs != nil ? "nfs" : nil
            // An init container whose user is not known may be there to give the folder away.
            guard let kind, mount.readOnly != true, container.uid?.value != 0,
                container.place.kind != .`init` || container.nonRootUser != nil,
                !scope.isPrepared(volume, for: container)
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
            The root folder of a new claim, of a folder that hostPath makes, and of what subPath makes in them belongs to \
            root, with mode 0755 as a rule (some provisioners make it 0777). Without fsGroup, or on a volume that ignores it, \
            a process of another user gets "permission denied", in root's group too.
            """,
        remedy: "Set fsGroup on the pod (claims), or prepare the folder's owner (hostPath)."
    ) { scope in
        guard scope.pod.spec.securityContext?.fsGroup == nil else { return [] }
        return scope.mounts { container, mount, path, volume in
            guard let uid = container.boundUser, mount.readOnly != true, !scope.isPrepared(volume, for: container)
            else {
                return nil
            }
            if volume.isClaim, volume.persistentVolumeClaim?.readOnly != true {
                return Finding(
                    "\(path).name",
                    "volume \"\(volume.name)\" is root's as it is made: uid \(uid) cannot write to \(mount.mountPath)",
                    remedy: "set fsGroup on the pod")
            }
            // A folder of type Directory is there, with whatever owner the node gave it.
            if let host = volume.hostPath, host.isDataFolder, host.type != "Directory" {
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
            process of another user cannot read them, unless fsGroup gives the files to one of its groups. A service \
            account's token is given to the user alone where all containers have the same runAsUser.
            """,
        remedy: "Set fsGroup, which makes 0400 to 0440 for its group, or a mode that others may read (0444)."
    ) { scope in
        guard scope.pod.spec.securityContext?.fsGroup == nil else { return [] }
        return scope.mounts { container, mount, path, volume in
            guard let files = volume.files, let uid = container.boundUser, mount.subPathExpr?.isEmpty ?? true else {
                return nil
            }
            // Of root's group the group's bit alone counts; where the group is not known, both must be missing.
            let bits: Int32 =
                switch container.isInGroup(0) {
                case true?: 0o040
                case false?: 0o004
                case nil: 0o044
                }
            let closed = files.first { file in
                file.mode & bits == 0 && file.isBelow(mount.subPath) && !(file.isToken && scope.hasOneUser)
            }
            guard let mode = closed else { return nil }
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
        scope.pod.writtenModes.compactMap { path, mode in
            let text = String(mode)
            guard text.count == 3, let meant = Int32(text, radix: 8), Self.usualModes.contains(meant) else {
                return nil
            }
            return Finding(
                path, "\(mode) is the mode \(FileMode.octal(mode)), not 0\(mode)", remedy: "write 0\(mode)",
                edit: .replace(path: path, text: "0\(mode)"))
        }
    }

    /// What people write and the server takes: 600, 644 and 755 are above 0777, and refused.
    ///
    /// 420, 256 and 292 are what tools write for 0644, 0400 and 0444.
    private static let usualModes: Set<Int32> = [0o400, 0o440, 0o444, 0o500]

    private static let modeWidened = Self(
        "mode-widened", .note, "A private file that fsGroup makes readable by a group.",
        reason: """
            The walk that applies fsGroup adds read permission for the group to each file of the volume: 0400 becomes 0440, \
            which is how a user other than root comes to read it. ssh, postgres and others refuse a private key that a group \
            can read.
            """,
        remedy: "Do without fsGroup for this pod, or copy the file to an emptyDir with the mode that the program wants."
    ) { scope in
        guard let fsGroup = scope.pod.spec.securityContext?.fsGroup else { return [] }
        return (scope.pod.spec.volumes ?? []).enumerated().compactMap { index, volume in
            guard
                let mode = volume.files?.first(where: { $0.isWritten && $0.mode & 0o077 == 0 && !$0.isToken })
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
            Docker fills a new named volume from the image. A claim is empty too until something fills it.
            """,
        remedy: "Mount it at another path, or fill it by an init container of the same image (cp -a).", needsImage: true
    ) { scope in
        try scope.mounts { container, mount, path, volume in
            guard let image = container.image, volume.emptyDir != nil || volume.isClaim,
                !isScratch(mount.mountPath), !scope.isFilled(volume, for: container),
                let names = try image.files.names(in: mount.mountPath)?.filter({ $0 != "lock" }), !names.isEmpty
            else { return nil }
            let some = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
            return Finding(
                "\(path).mountPath", "hides \(names.count) of the image's files in \(mount.mountPath): \(some)")
        }
    }

    /// What is left there by building an image is not meant to be used.
    private static func isScratch(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return parts == ["tmp"] || parts == ["var", "tmp"]
    }

    private static let subPathNotUpdated = Self(
        "sub-path-not-updated", .note, "A file of a config map or secret that never changes in the container.",
        reason: """
            A part that is mounted with subPath stays the file that it was: when the config map or secret changes, or a \
            token is renewed, the container goes on with the old content until it starts anew.
            """,
        remedy: "Mount the whole volume, and link to the file from where it is wanted."
    ) { scope in
        scope.mounts { _, mount, path, volume in
            guard mount.isOfPart, volume.files != nil else { return nil }
            let field = mount.subPathExpr?.isEmpty == false ? "subPathExpr" : "subPath"
            return Finding("\(path).\(field)", "volume \"\(volume.name)\" is not updated where a part of it is mounted")
        }
    }

    private static let volumeAlwaysReadOnly = Self(
        "volume-always-read-only", .note, "readOnly: false on a volume that is never writable.",
        reason: """
            Volumes of config maps, secrets, the downward API and projected sources are mounted read-only, whatever the \
            mount says: a program that changes its configuration in place gets "read-only file system".
            """,
        remedy: "Copy the files to an emptyDir by an init container, and let the program write there."
    ) { scope in
        scope.mounts { _, mount, path, volume in
            guard mount.readOnly == false, volume.files != nil else { return nil }
            return Finding("\(path).readOnly", "volume \"\(volume.name)\" is mounted read-only all the same")
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
        let hasClaim = (scope.pod.spec.volumes ?? []).contains(where: \.followsGroupPolicy)
        return hasClaim ? [] : [Finding(path, "no effect: the pod has no claim")]
    }

    private static let readOnlyNotRecursive = Self(
        "read-only-not-recursive", .note, "A read-only mount of a folder of the node whose mounts stay writable.",
        reason: """
            readOnly concerns the mount itself. What is mounted below the folder on the node comes with it, and keeps its \
            own flags: a container can write there. Source: KEP-3857; mount_setattr(2).
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
