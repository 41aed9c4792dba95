// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import ManifestReview
import OCISpec
import SecurityPolicy

/// What `/proc` will show of a container's first process, by the same planning that starts it.
struct KernelForecast {
    let pod: Pod
    let container: ContainerScope
    let context: EffectiveSecurityContext
    let node: Node
    /// By name.
    let volumes: [String: PodExplanation.VolumeRow]
    /// Where the pod's own files will lie.
    let storage: String

    func prediction() throws -> KernelPrediction {
        let execution = try container.execution()
        let sets = execution?.sets ?? context.capabilitySets
        var prediction = KernelPrediction(
            bounding: sets.bounding.names, noNewPrivileges: context.noNewPrivileges.value,
            hasFilter: context.seccomp.value != .unconfined)
        let isUserKnown = context.uid.origin != .unknownImage
        prediction.uid = isUserKnown ? context.uid.value : nil
        prediction.gid = context.gid.origin == .unknownImage ? nil : context.gid.value
        if let execution, let path = execution.path, isUserKnown {
            if execution.effectiveUID != context.uid.value {
                prediction.execution = "uid \(execution.effectiveUID) in effect: \(path) has the set-user-ID bit"
                prediction.effectiveUID = execution.effectiveUID
            }
            if execution.effectiveGID != context.gid.value { prediction.effectiveGID = execution.effectiveGID }
        }
        let areGroupsKnown =
            prediction.gid != nil && (container.image != nil || context.supplementalGroupsPolicy.value == .strict)
        prediction.groups = areGroupsKnown ? context.supplementalGroups.map(\.value) : nil
        if isUserKnown {
            prediction.inheritable = sets.inheritable.names
            prediction.permitted = sets.permitted.names
            prediction.effective = sets.effective.names
            prediction.ambient = sets.ambient.names
        }
        prediction.systemCalls = systemCalls()
        prediction.maskedPaths = context.maskedPaths.value
        prediction.readOnlyPaths = context.readOnlyPaths.value
        prediction.mounts = try mounts()
        return prediction
    }

    // MARK: the filter

    private func systemCalls() -> KernelPrediction.SystemCalls {
        let spec: SeccompSpec?
        do throws(Refusal) {
            spec = try SeccompPreparation(container: container.place, context: context, node: node).spec()
        } catch {
            return .unknown(error.message)
        }
        guard let spec else { return .all }
        func names(_ isMeant: (SeccompSpec.Rule) -> Bool) -> Int {
            Set((spec.syscalls ?? []).filter(isMeant).flatMap(\.names)).count(where: SystemCallNames.isKnown)
        }
        func lets(_ action: SeccompSpec.Action) -> Bool { [.allow, .log, .trace].contains(action) }
        return lets(spec.defaultAction)
            ? .denied(names { !lets($0.action) && ($0.args ?? []).isEmpty }) : .allowed(names { lets($0.action) })
    }

    // MARK: mounts

    private typealias Row = KernelPrediction.MountRow

    private func mounts() throws -> [KernelPrediction.MountRow] {
        let isReadOnly = context.readOnlyRootFilesystem.value
        var rows = [
            Row(
                path: "/", type: "overlay", flags: [isReadOnly ? "ro" : "rw"],
                what: "image \(container.image?.reference ?? container.place.container.image ?? "")",
                isWritable: !isReadOnly, writers: isReadOnly ? "nobody" : "whom the image's modes allow")
        ]
        var asked: [ContainerMounts.Volume] = []
        var details: [String: Detail] = [:]
        for mount in container.place.container.volumeMounts ?? [] {
            guard let volume = pod.spec.volumes?.first(where: { $0.name == mount.name }) else { continue }
            let path = ContainerMounts.clean(mount.mountPath)
            details[path] = try detail(mount, volume)
            asked.append(
                ContainerMounts.Volume(
                    destination: mount.mountPath, source: mount.name,
                    access: ContainerMounts.Volume.Access(
                        mount, ofReadOnlyVolume: VolumePrediction.isReadOnly(volume)),
                    // The pod is valid: the word is one.
                    propagation: ContainerMounts.Volume.Propagation(
                        mount, isMountedByShim: VolumePrediction.isMountedByShim(volume)) ?? .none))
        }
        let log = container.place.container.terminationLog
        asked.append(ContainerMounts.Volume(destination: log, source: "termination log"))
        details[ContainerMounts.clean(log)] = try file("termination message", "everyone")
        for path in ContainerMounts.imageVolumes(container.image?.volumes ?? [], besides: asked) {
            asked.append(ContainerMounts.Volume(destination: path, source: path))
            details[path] = try file("VOLUME of the image", "whom the image's modes allow")
        }
        details.merge(try podFiles()) { own, _ in own }
        var plan = ContainerMounts(
            volumes: asked,
            files: ContainerMounts.PodFiles(hosts: "", hostname: "", resolverConfiguration: "", sharedMemory: ""),
            podIsPrivileged: pod.podContainers.contains { $0.container.securityContext?.privileged == true })
        plan.mapsOwners = pod.spec.hostUsers == false
        rows += plan.specs(for: context).map { row($0, details[$0.destination]) }
        if plan.mapsOwners { rows += try machineDevices() }
        if container.place.container.tty == true {
            rows.append(
                Row(
                    path: "/dev/console", type: "bind", flags: ["rw", "nosuid", "noexec"], what: "terminal",
                    isWritable: true, writers: "uid \(context.uid.value)"))
        }
        return rows + (try hiddenPaths())
    }

    /// What a mount is beside its options.
    private struct Detail {
        let what: String
        /// Of the mount that it is taken from: `nosuid`, `nodev`, `noexec`.
        let inherited: [String]
        let writers: String
    }

    private func row(_ spec: MountSpec, _ detail: Detail?) -> Row {
        let options = Set(spec.options ?? []).union(detail?.inherited ?? [])
        let isReadOnly = options.contains { $0 == "ro" || $0 == "rro" || $0.hasPrefix("ro=") }
        let flags = [isReadOnly ? "ro" : "rw"] + ["nosuid", "nodev", "noexec"].filter(options.contains)
        let propagation = options.contains("rshared") ? "shared" : options.contains("rslave") ? "slave" : "private"
        let usual: [String: String] = [
            "/proc": "the kernel, process by process", "/sys": "root", "/dev": "root",
            "/dev/pts": "the terminal's user",
            "/dev/mqueue": "everyone", "/sys/fs/cgroup": "root",
        ]
        return Row(
            path: spec.destination, type: spec.type ?? "bind", flags: flags, propagation: propagation,
            what: detail?.what ?? spec.type ?? "", isWritable: !isReadOnly,
            writers: isReadOnly ? "nobody" : detail?.writers ?? usual[spec.destination] ?? "root")
    }

    private func detail(_ mount: VolumeMount, _ volume: Volume) throws -> Detail {
        let row = volumes[volume.name]
        let inherited =
            VolumePrediction.isMountedByShim(volume) ? [] : try Self.flags(of: volume.hostPath?.path ?? storage)
        let part = [mount.subPath, mount.subPathExpr].compactMap(\.self).first { !$0.isEmpty }
        return Detail(
            what: "volume \(volume.name) (\(row?.kind ?? ""))\(part.map { ", part \($0)" } ?? "")",
            inherited: inherited,
            writers: Self.writers(row))
    }

    /// By owner, group and other bits.
    private static func writers(_ row: PodExplanation.VolumeRow?) -> String {
        guard let mode = row?.mode, let uid = row?.uid, let gid = row?.gid else {
            return "users not known yet (\(row?.note ?? ""))"
        }
        if mode & 0o002 != 0 { return "everyone" }
        let who = (mode & 0o200 != 0 ? ["uid \(uid)"] : []) + (mode & 0o020 != 0 ? ["group \(gid)"] : [])
        return who.isEmpty ? "nobody but root" : who.joined(separator: ", ")
    }

    private func file(_ what: String, _ writers: String) throws -> Detail {
        Detail(what: what, inherited: try Self.flags(of: storage), writers: writers)
    }

    private func podFiles() throws -> [String: Detail] {
        let sharesHost = pod.spec.hostIPC == true
        return [
            "/etc/hosts": try file("the pod's hosts file", "root"),
            "/etc/hostname": try file("the pod's host name", "root"),
            "/etc/resolv.conf": try file("the pod's resolver configuration", "root"),
            "/dev/shm": Detail(
                what: sharesHost ? "the machine's shared memory" : "the pod's shared memory",
                inherited: sharesHost ? try Self.flags(of: "/dev/shm") : [], writers: "everyone"),
        ]
    }

    /// In a user namespace no device can be made: the machine's are mounted, all of them for a privileged container.
    private func machineDevices() throws -> [Row] {
        let usual = Set(["full", "null", "random", "tty", "urandom", "zero"].map { "/dev/\($0)" })
        var paths = usual
        if context.privileged.value { paths.formUnion(try HostDevices.list().map(\.path)) }
        return try paths.sorted().map { path in
            let inherited = try Self.flags(of: path)
            return Row(
                path: path, type: "bind", flags: inherited.contains("ro") ? inherited : ["rw"] + inherited,
                what: "the machine's device", isWritable: true,
                writers: usual.contains(path) ? "everyone" : "whom the device's mode allows")
        }
    }

    /// What is masked or read-only, as far as this machine's kernel has it.
    private func hiddenPaths() throws -> [Row] {
        var rows: [Row] = []
        for path in context.maskedPaths.value {
            guard try File.exists(path) else { continue }
            let isFolder = try File.followedStatus(path).kind == .directory
            rows.append(
                Row(
                    path: path, type: "mask", flags: [isFolder ? "ro" : "rw"], what: "masked path", isWritable: false,
                    writers: "nobody"))
        }
        for path in context.readOnlyPaths.value {
            guard try File.exists(path) else { continue }
            rows.append(
                Row(
                    path: path, type: "bind", flags: ["ro", "nosuid", "nodev", "noexec"], what: "read-only path",
                    isWritable: false, writers: "nobody"))
        }
        return rows
    }

    /// The flags of the mount that a path lies in, or the nearest folder above it that this user may look at.
    ///
    /// Those of `ro`, `nosuid`, `nodev` and `noexec`.
    private static func flags(of path: String) throws(SyscallError) -> [String] {
        var nearest = path
        while true {
            do {
                let place = try File.open(nearest, [.path])
                return try File.mountFlags(of: place.raw)
            } catch
                where nearest != "/" && [.noEntry, .accessDenied, .notDirectory].contains(error.errno)
            {
                nearest = nearest.lastIndex(of: "/").map { String(nearest[..<$0]) } ?? ""
                if nearest.isEmpty { nearest = "/" }
            }
        }
    }
}
