// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// What the API server fills in where a manifest says nothing. Nothing that is written is changed.
extension Pod {
    /// - Parameter namespace: the namespace of an object that names none.
    package mutating func applyDefaults(namespace: String = "default") {
        metadata.applyDefaults(namespace: namespace)
        spec.applyDefaults()
        applyAppArmorAnnotations()
    }

    /// Copies a valid annotation into its container's field, where that is nil and the pod's field says otherwise.
    ///
    /// Returns the annotations that the server warns about, in its order.
    @discardableResult
    mutating func applyAppArmorAnnotations() -> [String] {
        guard let annotations = metadata.annotations, spec.os?.name != "windows" else { return [] }
        let inherited = spec.securityContext?.appArmorProfile
        var deprecated: [String] = []
        spec.updateContainers { container in
            let key = AppArmorAnnotation.prefix + container.name
            guard let value = annotations[key] else { return }
            guard let profile = AppArmorAnnotation.profile(value), profile.isValid else {
                deprecated.append(key)
                return
            }
            guard container.securityContext?.appArmorProfile == nil, inherited != profile else { return }
            var context = container.securityContext ?? SecurityContext()
            context.appArmorProfile = profile
            container.securityContext = context
            deprecated.append(key)
        }
        return deprecated
    }
}

extension AppArmorProfile {
    fileprivate var isValid: Bool {
        var validation = Validation()
        validation.appArmorProfile(self)
        return validation.errors.isEmpty
    }
}

extension ObjectMeta {
    mutating func applyDefaults(namespace: String) {
        if (self.namespace ?? "").isEmpty { self.namespace = namespace }
    }
}

extension PodSpec {
    /// Init, regular and ephemeral containers, in the order in which the API server visits them.
    fileprivate mutating func updateContainers(_ update: (inout Container) -> Void) {
        if var list = initContainers {
            initContainers = nil
            for index in list.indices { update(&list[index]) }
            initContainers = list
        }
        for index in containers.indices { update(&containers[index]) }
        if var list = ephemeralContainers {
            ephemeralContainers = nil
            for index in list.indices { update(&list[index]) }
            ephemeralContainers = list
        }
    }

    package mutating func applyDefaults() {
        applyTemplateDefaults()
        if enableServiceLinks == nil { enableServiceLinks = true }
        // Without any, admission gives the namespace's own account.
        if (serviceAccountName ?? "").isEmpty { serviceAccountName = "default" }
        serviceAccount = serviceAccountName
        let sharesNetwork = hostNetwork == true
        updateContainers { container in
            container.applyRequestDefaults()
            if sharesNetwork { container.applyHostPorts() }
        }
        applyResourceDefaults()
    }

    /// What is filled in already where the specification is part of a template.
    mutating func applyTemplateDefaults() {
        if (restartPolicy ?? "").isEmpty { restartPolicy = "Always" }
        if (dnsPolicy ?? "").isEmpty { dnsPolicy = "ClusterFirst" }
        if (schedulerName ?? "").isEmpty { schedulerName = "default-scheduler" }
        if terminationGracePeriodSeconds == nil { terminationGracePeriodSeconds = 30 }
        if securityContext == nil { securityContext = PodSecurityContext() }
        // The older name means the same.
        if (serviceAccountName ?? "").isEmpty { serviceAccountName = serviceAccount }
        updateContainers { $0.applyDefaults() }
        if var volumes {
            self.volumes = nil
            for index in volumes.indices { volumes[index].applyDefaults() }
            self.volumes = volumes
        }
    }
}

extension PodSpec {
    /// What the pod as a whole asks for, where its limits are written: what its containers ask for, or else the limits.
    ///
    /// Source: Kubernetes, `defaultPodRequests`.
    private mutating func applyResourceDefaults() {
        guard var whole = resources, let limits = whole.limits, !limits.isEmpty else { return }
        var requests = whole.requests ?? [:]
        for (name, limit) in limits where requests[name] == nil {
            requests[name] = containerRequests(name) ?? limit
        }
        for name in ["cpu", "memory"] where requests[name] == nil { requests[name] = containerRequests(name) }
        whole.requests = requests
        resources = whole
    }
}

extension Container {
    fileprivate mutating func applyDefaults() {
        if (imagePullPolicy ?? "").isEmpty { imagePullPolicy = ImageTag.pullPolicy(of: image ?? "") }
        if (terminationMessagePath ?? "").isEmpty { terminationMessagePath = "/dev/termination-log" }
        if (terminationMessagePolicy ?? "").isEmpty { terminationMessagePolicy = "File" }
        if let ports {
            self.ports = ports.map { port in
                var port = port
                if (port.protocol ?? "").isEmpty { port.protocol = "TCP" }
                return port
            }
        }
        if let env {
            self.env = env.map { variable in
                var variable = variable
                if let reference = variable.valueFrom?.fieldRef, (reference.apiVersion ?? "").isEmpty {
                    variable.valueFrom?.fieldRef?.apiVersion = "v1"
                }
                return variable
            }
        }
        livenessProbe?.applyDefaults()
        readinessProbe?.applyDefaults()
        startupProbe?.applyDefaults()
        lifecycle?.postStart?.httpGet?.applyDefaults()
        lifecycle?.preStop?.httpGet?.applyDefaults()
    }

    /// What is limited is asked for.
    fileprivate mutating func applyRequestDefaults() {
        guard let limits = resources.limits else { return }
        resources.requests = limits.merging(resources.requests ?? [:]) { _, requested in requested }
    }

    /// With the host's network, a port of the container is the host's.
    fileprivate mutating func applyHostPorts() {
        ports = ports?.map { port in
            var port = port
            if port.hostPort ?? 0 == 0 { port.hostPort = port.containerPort }
            return port
        }
    }
}

extension Probe {
    fileprivate mutating func applyDefaults() {
        if timeoutSeconds ?? 0 == 0 { timeoutSeconds = 1 }
        if periodSeconds ?? 0 == 0 { periodSeconds = 10 }
        if successThreshold ?? 0 == 0 { successThreshold = 1 }
        if failureThreshold ?? 0 == 0 { failureThreshold = 3 }
        httpGet?.applyDefaults()
    }
}

extension HTTPGetAction {
    fileprivate mutating func applyDefaults() {
        if (path ?? "").isEmpty { path = "/" }
        if (scheme ?? "").isEmpty { scheme = "HTTP" }
    }
}

/// An image reference's tag.
enum ImageTag {
    /// `Always` for the tag `latest`, which a reference without tag and digest has as well, else `IfNotPresent`.
    static func pullPolicy(of reference: String) -> String {
        let name = reference.prefix { $0 != "@" }
        let last = name[(name.lastIndex(of: "/") ?? name.startIndex)...]
        let tag = last.lastIndex(of: ":").map { last[last.index(after: $0)...] }
        let hasDigest = name.endIndex != reference.endIndex
        return tag == "latest" || (tag == nil && !hasDigest && !reference.isEmpty) ? "Always" : "IfNotPresent"
    }
}

extension Volume {
    fileprivate mutating func applyDefaults() {
        if !hasSource { emptyDir = EmptyDirVolumeSource() }
        if hostPath != nil, hostPath?.type == nil { hostPath?.type = "" }
        if configMap != nil, configMap?.defaultMode == nil { configMap?.defaultMode = 0o644 }
        if secret != nil, secret?.defaultMode == nil { secret?.defaultMode = 0o644 }
        if var source = downwardAPI {
            if source.defaultMode == nil { source.defaultMode = 0o644 }
            source.items = source.items?.map(\.withDefaults)
            downwardAPI = source
        }
        if var source = projected {
            if source.defaultMode == nil { source.defaultMode = 0o644 }
            source.sources = source.sources?.map(\.withDefaults)
            projected = source
        }
        if ephemeral?.volumeClaimTemplate != nil, ephemeral?.volumeClaimTemplate?.spec.volumeMode == nil {
            ephemeral?.volumeClaimTemplate?.spec.volumeMode = "Filesystem"
        }
        if let source = image, (source.pullPolicy ?? "").isEmpty {
            image?.pullPolicy = ImageTag.pullPolicy(of: source.reference ?? "")
        }
    }
}

extension DownwardAPIVolumeFile {
    fileprivate var withDefaults: Self {
        var file = self
        if let reference = fieldRef, (reference.apiVersion ?? "").isEmpty { file.fieldRef?.apiVersion = "v1" }
        return file
    }
}

extension VolumeProjection {
    fileprivate var withDefaults: Self {
        var projection = self
        projection.downwardAPI?.items = downwardAPI?.items?.map(\.withDefaults)
        if let token = serviceAccountToken, token.expirationSeconds == nil {
            projection.serviceAccountToken?.expirationSeconds = 3600
        }
        return projection
    }
}

extension PersistentVolumeClaim {
    /// - Parameter namespace: the namespace of an object that names none.
    package mutating func applyDefaults(namespace: String = "default") {
        metadata.applyDefaults(namespace: namespace)
        if spec.volumeMode == nil { spec.volumeMode = "Filesystem" }
        if status?.phase == nil { status = PersistentVolumeClaimStatus(phase: "Pending") }
    }
}

extension PersistentVolume {
    package mutating func applyDefaults() {
        if (spec.persistentVolumeReclaimPolicy ?? "").isEmpty { spec.persistentVolumeReclaimPolicy = "Retain" }
        if spec.volumeMode == nil { spec.volumeMode = "Filesystem" }
        if spec.hostPath != nil, spec.hostPath?.type == nil { spec.hostPath?.type = "" }
        if status?.phase == nil { status = PersistentVolumeStatus(phase: "Pending") }
    }
}

extension ConfigMap {
    /// - Parameter namespace: the namespace of an object that names none.
    package mutating func applyDefaults(namespace: String = "default") {
        metadata.applyDefaults(namespace: namespace)
    }
}

extension Secret {
    /// `stringData` becomes part of `data`, and wins there.
    ///
    /// - Parameter namespace: the namespace of an object that names none.
    package mutating func applyDefaults(namespace: String = "default") {
        metadata.applyDefaults(namespace: namespace)
        if (type ?? "").isEmpty { type = "Opaque" }
        if let stringData {
            let encoded = stringData.mapValues { Data($0.utf8).base64EncodedString() }
            data = (data ?? [:]).merging(encoded) { _, plain in plain }
            self.stringData = nil
        }
    }
}

extension KubernetesObject {
    /// Fills in what the API server fills in.
    ///
    /// - Parameter namespace: the namespace of an object that names none.
    package mutating func applyDefaults(namespace: String = "default") {
        switch self {
        case .pod(var object):
            object.applyDefaults(namespace: namespace)
            self = .pod(object)
        case .persistentVolumeClaim(var object):
            object.applyDefaults(namespace: namespace)
            self = .persistentVolumeClaim(object)
        case .persistentVolume(var object):
            object.applyDefaults()
            self = .persistentVolume(object)
        case .configMap(var object):
            object.applyDefaults(namespace: namespace)
            self = .configMap(object)
        case .secret(var object):
            object.applyDefaults(namespace: namespace)
            self = .secret(object)
        }
    }
}
