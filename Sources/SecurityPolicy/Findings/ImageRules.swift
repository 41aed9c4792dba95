// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes

/// Rules about what an image's files do under the container's context; nothing of it is run.
extension FindingRule {
    static let imageRules: [Self] = [
        programMissing, programNotExecutable, programOfVolume, interpreterMissing, programNotPermitted,
        programLosesPrivileges,
        folderClosed, volumeNotWritable, homeNotWritable, readOnlyRootWrites,
    ]

    private static let programMissing = Self(
        "program-missing", .error, "A command that the image does not have.",
        reason: """
            The container ends with StartError, exit code 128: executable file not found in $PATH, or no such file. Where \
            neither the manifest nor the image names a command, it is not created: no command specified.
            """,
        remedy: "Name a program of the image, with its full path where PATH does not have its folder.", needsImage: true
    ) { scope in
        try scope.each { container in
            guard let image = container.image else { return [] }
            if container.programWord(image) == nil {
                return [
                    Finding(
                        "\(container.place.path).image",
                        "image \(image.reference) has neither ENTRYPOINT nor CMD, and the container has no command",
                        remedy: "set \(container.place.path).command")
                ]
            }
            guard let program = try container.program(), program.file == nil else { return [] }
            let place = program.path.map { "no file \($0)" } ?? "no \(program.word) in the folders of PATH"
            return [Finding(program.field, "image \(image.reference) has \(place)")]
        }
    }

    private static let programNotExecutable = Self(
        "program-not-executable", .error, "A command that the container's user may not execute.",
        reason: """
            execve(2) answers "permission denied" where the file, or a folder above it, has no execute bit for the user, and \
            "exec format error" where it is neither ELF nor begins with #!. The container ends with StartError. A script must \
            be readable too, by the interpreter, which the user runs.
            """,
        remedy: "Set the bits in the image (chmod a+rx), begin a script with #!, or run as the file's owner.",
        needsImage: true
    ) { scope in
        try scope.each { container in
            guard let image = container.image, let program = try container.program(), let file = program.file,
                let path = program.path
            else { return [] }
            if file.kind != .regular { return [Finding(program.field, "\(path) is no file")] }
            let user = container.uid.map { "uid \($0.value)" } ?? "its user"
            func refused(_ file: FileFacts, _ path: String) throws -> String? {
                if file.mode & 0o111 == 0 { return "nobody may execute \(path): its mode is \(octal(file))" }
                if container.mayAccess(file, 1) == false {
                    return "\(user) may not execute \(path): mode \(octal(file)) of uid \(file.uid), gid \(file.gid)"
                }
                return try container.closedFolder(above: path, in: image.files)
                    .map { "\(user) may not enter \($0), where \(path) is" }
            }
            if let refusal = try refused(file, path) { return [Finding(program.field, refusal)] }
            let chain = try container.chain(of: program, in: image)
            for (index, entry) in chain.enumerated() {
                if index > 0, let file = entry.file, let refusal = try refused(file, entry.path) {
                    return [Finding(program.field, "\(chain[index - 1].path) needs \(entry.path), but \(refusal)")]
                }
                if case .script = entry.head, let file = entry.file, container.mayAccess(file, 4) == false {
                    return [
                        Finding(
                            program.field,
                            "\(user) may execute the script \(entry.path) and not read it: mode \(octal(file)) of uid \(file.uid)"
                        )
                    ]
                }
                if entry.head == .unknown {
                    return [
                        Finding(program.field, "\(entry.path) is neither an ELF file nor a script that begins with #!")
                    ]
                }
            }
            return []
        }
    }

    private static let programOfVolume = Self(
        "program-of-volume-not-executable", .error, "A command that is a file of a volume without an execute bit.",
        reason: """
            Files of config maps, secrets and projected volumes have mode 0644 unless another one is written: nobody may \
            execute them, not even root. The container ends with StartError: permission denied.
            """,
        remedy: "Set the volume's defaultMode to 0555, or give the file to a shell as an argument."
    ) { scope in
        scope.each { container in
            guard let path = container.place.container.command?.first, path.hasPrefix("/"),
                !ContainerScope.hasVariable(path), let (file, volume) = scope.fileOfVolume(path, in: container),
                let mode = volume.mode(of: file)
            else { return [] }
            let field = "\(container.place.path).command[0]"
            if mode & 0o111 == 0 {
                return [
                    Finding(
                        field,
                        "nobody may execute \(path): files of volume \"\(volume.name)\" have mode \(FileMode.octal(mode))"
                    )
                ]
            }
            guard let uid = container.boundUser, let isInGroup = container.isInGroup(0),
                scope.pod.spec.securityContext?.fsGroup == nil, mode & (isInGroup ? 0o010 : 0o001) == 0
            else { return [] }
            return [
                Finding(
                    field,
                    "uid \(uid) may not execute \(path): files of volume \"\(volume.name)\" are root's, mode "
                        + FileMode.octal(mode))
            ]
        }
    }

    private static func octal(_ file: FileFacts) -> String { FileMode.octal(Int32(file.mode)) }

    private static let interpreterMissing = Self(
        "interpreter-missing", .error, "A command whose interpreter or loader the image does not have.",
        reason: """
            The kernel executes the program that #! names, or the loader that an ELF file names, and answers "no such file \
            or directory" where it is missing, though the command itself is there: a script with #!/bin/bash in an image \
            without bash, a script whose lines end with CR LF, or a program that was linked for glibc in an image with musl.
            """,
        remedy:
            "Add the interpreter to the image, save the script with plain line ends, or link the program statically.",
        needsImage: true
    ) { scope in
        try scope.each { container in
            guard let image = container.image, let program = try container.program(),
                program.file?.kind == .regular
            else { return [] }
            let chain = try container.chain(of: program, in: image)
            guard chain.count > 1, let last = chain.last, last.file == nil else { return [] }
            let path = chain[chain.count - 2].path
            if last.path.hasSuffix("\r") {
                return [
                    Finding(
                        program.field,
                        "the first line of \(path) ends with CR LF: the kernel looks for \(last.path.dropLast())\\r",
                        remedy: "save \(path) with plain line ends")
                ]
            }
            return [Finding(program.field, "\(path) needs \(last.path), which image \(image.reference) does not have")]
        }
    }

    private static let programNotPermitted = Self(
        "program-not-permitted", .error, "A command whose file capabilities the container may not have.",
        reason: """
            A program with file capabilities and the effective bit (setcap …=ep) is executed only by a process whose \
            bounding set has all of them; else execve(2) answers "operation not permitted" before the program runs, for root \
            and with no_new_privs too. Dropping ALL drops them from the bounding set. Of a script the interpreter's file \
            counts. Source: capabilities(7), "Safety checking for capability-dumb binaries".
            """,
        remedy: "Add the capabilities that it names, or remove them from the file in the image (setcap -r).",
        needsImage: true
    ) { scope in
        try scope.each { container in
            guard let program = try container.program(), let (path, file) = try container.privileged(program),
                let wanted = file.capabilities, wanted.isEffective, let effective = container.effective
            else { return [] }
            let missing = wanted.permitted.subtracting(effective.capabilitySets.bounding)
            guard !missing.isEmpty else { return [] }
            let names = missing.ociNames.map { String($0.dropFirst(4)) }
            return [
                Finding(
                    program.field,
                    "exec \(path): operation not permitted: its file capabilities need \(names.joined(separator: ", "))",
                    remedy: "add \(names.joined(separator: ", ")) to the container's capabilities")
            ]
        }
    }

    private static let programLosesPrivileges = Self(
        "program-loses-privileges", .warning, "A command whose set-user-ID bit or file capabilities have no effect.",
        reason: """
            With allowPrivilegeEscalation: false the process has no_new_privs, and execve(2) passes over the set-user-ID bit \
            and file capabilities: the program runs, and what it needs them for fails with "operation not permitted". \
            Without no_new_privs, a set-user-ID program of root gets the bounding set, which is empty after drop: [ALL].
            """,
        remedy: "Run a program that needs no privileges, or grant what it needs by the security context.",
        needsImage: true
    ) { scope in
        try scope.each { container in
            guard let program = try container.program(), let (path, file) = try container.privileged(program),
                let effective = container.effective, let uid = container.nonRootUser
            else { return [] }
            let isDisarmed = effective.noNewPrivileges.value
            if isDisarmed, let capabilities = file.capabilities, !capabilities.permitted.isEmpty,
                capabilities.permitted.isSubset(of: effective.capabilitySets.bounding) || !capabilities.isEffective
            {
                return [Finding(program.field, "\(path) runs without its file capabilities: no_new_privs is set")]
            }
            guard file.isSetUserID, file.uid != uid else { return [] }
            if isDisarmed {
                return [Finding(program.field, "\(path) stays uid \(uid): no_new_privs disarms its set-user-ID bit")]
            }
            guard file.uid == 0, effective.capabilitySets.bounding.isEmpty else { return [] }
            return [Finding(program.field, "\(path) becomes uid 0 without any capability: its bounding set is empty")]
        }
    }

    private static let folderClosed = Self(
        "working-folder-closed", .warning, "A working folder that the container's user cannot use.",
        reason: """
            The runtime enters the folder as root, so that the container starts; the program then finds itself in a folder \
            that it may not read or write.
            """,
        remedy: "Set workingDir to a folder of the user's, or give the folder to it in the image.", needsImage: true
    ) { scope in
        try scope.each { container in
            guard let image = container.image, let uid = container.nonRootUser else { return [] }
            let folder = container.workingFolder(image)
            guard folder != "/", !container.isBelowVolume(folder), let facts = try image.files.file(folder),
                facts.kind.isFolder
            else { return [] }
            let closed = try container.closedFolder(above: folder, in: image.files)
            guard closed != nil || container.mayAccess(facts, 1) == false else { return [] }
            let field = (container.place.container.workingDir ?? "").isEmpty ? "image" : "workingDir"
            return [
                Finding(
                    "\(container.place.path).\(field)",
                    "uid \(uid) may not enter the working folder \(closed ?? folder)")
            ]
        }
    }

    private static let volumeNotWritable = Self(
        "image-volume-closed", .warning, "A VOLUME of the image that the container's user cannot write to.",
        reason: """
            The runtime makes an anonymous folder for each VOLUME and copies what the image has there, with its owners: a \
            user that the image did not count on cannot write to it.
            """,
        remedy: "Mount a volume there (emptyDir with fsGroup), or run as the folder's owner.", needsImage: true
    ) { scope in
        try scope.each { container in
            guard let image = container.image, let uid = container.nonRootUser else { return [] }
            return try image.volumes.sorted().compactMap { path in
                guard path != "/", !container.isBelowVolume(path), let facts = try image.files.file(path),
                    facts.kind.isFolder,
                    container.mayAccess(facts, 3) == false
                else { return nil }
                return Finding(
                    "\(container.place.path).image",
                    "uid \(uid) cannot write to the image's VOLUME \(path): mode \(octal(facts)) of uid \(facts.uid)")
            }
        }
    }

    private static let homeNotWritable = Self(
        "home-closed", .note, "A home folder that the container's user cannot write to.",
        reason: "Programs keep caches and settings below HOME; a user that may not write there sees them fail.",
        remedy: "Set HOME to a folder of the user's, an emptyDir for example.", needsImage: true
    ) { scope in
        try scope.each { container in
            guard let image = container.image, let uid = container.boundUser,
                container.place.container.env?.contains(where: { $0.name == "HOME" }) != true,
                container.place.container.envFrom?.isEmpty ?? true
            else { return [] }
            let entry = image.identity.database.user(uid: uid)?.home ?? ""
            let home = image.variable("HOME").flatMap { $0.isEmpty ? nil : $0 } ?? entry
            // Debian's and others' passwd say so of users that are to have none.
            guard home.hasPrefix("/"), home != "/", home != "/nonexistent", home != "/dev/null",
                !container.isBelowVolume(home), !ContainerScope.isBelow(image.volumes, home)
            else { return [] }
            let field = "\(container.place.path).image"
            guard let facts = try image.files.file(home) else {
                return [Finding(field, "HOME of uid \(uid) is \(home), which the image does not have")]
            }
            guard facts.kind.isFolder, container.mayAccess(facts, 3) == false else { return [] }
            return [
                Finding(field, "uid \(uid) cannot write to its HOME \(home): mode \(octal(facts)) of uid \(facts.uid)")
            ]
        }
    }

    private static let readOnlyRootWrites = Self(
        "read-only-root-writes", .warning, "A read-only root over folders that the image means to write to.",
        reason: """
            With readOnlyRootFilesystem nothing outside of volumes can be written: programs that write logs, caches, \
            sockets or process ids fail with "read-only file system". Folders for these that belong to the container's user \
            were made to be written to.
            """,
        remedy: "Mount an emptyDir at each of them.", needsImage: true
    ) { scope in
        try scope.each { container in
            guard let image = container.image, let effective = container.effective, let uid = container.uid,
                effective.readOnlyRootFilesystem.value, uid.value != 0
            else { return [] }
            var found: [String] = []
            var known: [String: [String]] = [:]
            for base in ["/var/log", "/var/cache", "/run", "/var/run", "/tmp", "/var/tmp"] {
                let names = try image.files.names(in: base) ?? []
                known[base] = names
                // The one is a link to the other.
                if base == "/var/run", names == known["/run"] { continue }
                for folder in [base] + names.prefix(256).map({ "\(base)/\($0)" }) {
                    guard !container.isBelowVolume(folder), !ContainerScope.isBelow(image.volumes, folder),
                        let facts = try image.files.file(folder), facts.kind.isFolder,
                        facts.uid == uid.value
                            || facts.gid != 0 && facts.mode & 0o020 != 0 && container.groups.contains(facts.gid)
                    else { continue }
                    found.append(folder)
                }
            }
            guard !found.isEmpty else { return [] }
            return [
                Finding(
                    effective.readOnlyRootFilesystem.origin.manifestField ?? container.path,
                    "uid \(uid.value) cannot write to \(found.joined(separator: ", ")), which image \(image.reference) made "
                        + "for it")
            ]
        }
    }
}
