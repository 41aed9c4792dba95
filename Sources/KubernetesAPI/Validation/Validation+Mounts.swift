// SPDX-License-Identifier: Apache-2.0

extension Validation {
    mutating func volumeMounts(_ container: Container, _ context: ContainerContext) {
        let devices = container.volumeDevices ?? []
        var paths: Set<String> = []
        within("volumeMounts") { validation in
            for (index, mount) in (container.volumeMounts ?? []).enumerated() {
                validation.within(index: index) { validation in
                    validation.mountedVolume(mount, context)
                    validation.mountPath(mount, isNew: paths.insert(mount.mountPath).inserted, devices: devices)
                }
                // The paths of these have no index.
                validation.subPaths(mount, index: index)
                validation.mountPropagation(mount, container)
                validation.recursiveReadOnly(mount)
            }
        }
    }

    private mutating func mountedVolume(_ mount: VolumeMount, _ context: ContainerContext) {
        if mount.name.isEmpty { required("name") }
        if context.volumes[mount.name] == nil { notFound("name", mount.name) }
    }

    private mutating func mountPath(_ mount: VolumeMount, isNew: Bool, devices: [VolumeDevice]) {
        if mount.mountPath.isEmpty { required("mountPath") }
        if !isNew { invalid("mountPath", .string(mount.mountPath), "must be unique") }
        if devices.contains(where: { $0.name == mount.name }) {
            invalid("name", .string(mount.name), "must not already exist in volumeDevices")
        }
        if devices.contains(where: { $0.devicePath == mount.mountPath }) {
            invalid("mountPath", .string(mount.mountPath), "must not already exist as a path in volumeDevices")
        }
    }

    private mutating func subPaths(_ mount: VolumeMount, index: Int) {
        let path = mount.subPath ?? ""
        if !path.isEmpty { descendingPath("subPath", path) }
        guard let expression = mount.subPathExpr, !expression.isEmpty else { return }
        if !path.isEmpty {
            within(index: index) {
                $0.invalid("subPathExpr", .string(expression), "subPathExpr and subPath are mutually exclusive")
            }
        }
        descendingPath("subPathExpr", expression)
    }

    private mutating func mountPropagation(_ mount: VolumeMount, _ container: Container) {
        guard let propagation = mount.mountPropagation else { return }
        let supported = ["Bidirectional", "HostToContainer", "None"]
        if !supported.contains(propagation) { unsupported("mountPropagation", propagation, supported: supported) }
        if propagation == "Bidirectional", container.securityContext?.privileged != true {
            let problem = "Bidirectional mount propagation is available only to privileged containers"
            forbidden("mountPropagation", problem)
        }
    }

    private mutating func recursiveReadOnly(_ mount: VolumeMount) {
        switch mount.recursiveReadOnly {
        case nil, "Disabled": break
        case "Enabled", "IfPossible":
            if mount.readOnly != true {
                forbidden("recursiveReadOnly", "may only be specified when readOnly is true")
            }
            if (mount.mountPropagation ?? "None") != "None" {
                let problem = "may only be specified when mountPropagation is None or not specified"
                forbidden("recursiveReadOnly", problem)
            }
        case .some(let mode):
            unsupported("recursiveReadOnly", mode, supported: ["Disabled", "Enabled", "IfPossible"])
        }
    }

    mutating func volumeDevices(_ container: Container, _ context: ContainerContext) {
        let mounts = container.volumeMounts ?? []
        var names: Set<String> = []
        var paths: Set<String> = []
        each("volumeDevices", container.volumeDevices) { validation, device in
            let volume = context.volumes[device.name]
            if device.name.isEmpty { validation.required("name") }
            if names.contains(device.name) { validation.invalid("name", .string(device.name), "must be unique") }
            if let volume, volume.persistentVolumeClaim == nil, volume.ephemeral == nil {
                let problem = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
                validation.invalid("name", .string(device.name), problem)
            }
            if volume == nil { validation.notFound("name", device.name) }
            if device.devicePath.isEmpty { validation.required("devicePath") }
            let path = FieldError.Value.string(device.devicePath)
            if paths.contains(device.devicePath) { validation.invalid("devicePath", path, "must be unique") }
            if Self.hasBackstep(device.devicePath) {
                validation.invalid("devicePath", path, "can not contain backsteps ('..')")
            } else {
                paths.insert(device.devicePath)
            }
            if mounts.contains(where: { $0.name == device.name }) {
                validation.invalid("name", .string(device.name), "must not already exist in volumeMounts")
            }
            if mounts.contains(where: { $0.mountPath == device.devicePath }) {
                validation.invalid("devicePath", path, "must not already exist as a path in volumeMounts")
            }
            if !device.name.isEmpty { names.insert(device.name) }
        }
    }

    static func hasBackstep(_ path: String) -> Bool { path.split(separator: "/").contains("..") }

    mutating func noBacksteps(_ field: String?, _ path: String) {
        if Self.hasBackstep(path) { invalid(field, .string(path), "must not contain '..'") }
    }

    /// A relative path that stays below where it starts.
    mutating func descendingPath(_ field: String?, _ path: String) {
        if path.hasPrefix("/") { invalid(field, .string(path), "must be a relative path") }
        noBacksteps(field, path)
    }

    /// A descending path whose first name does not begin like the entries that Kubernetes itself makes.
    mutating func localPath(_ field: String?, _ path: String) {
        descendingPath(field, path)
        if path.hasPrefix(".."), !path.hasPrefix("../"), path != ".." {
            invalid(field, .string(path), "must not start with '..'")
        }
    }
}
