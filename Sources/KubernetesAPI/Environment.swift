// SPDX-License-Identifier: Apache-2.0

/// A variable of the container's environment.
package struct EnvVar: Codable, Hashable, Sendable {
    package var name = ""
    package var value: String?
    package var valueFrom: EnvVarSource?

    package init(name: String = "", value: String? = nil, valueFrom: EnvVarSource? = nil) {
        self.name = name
        self.value = value
        self.valueFrom = valueFrom
    }
}

/// Where a variable's value comes from; one of them is set.
package struct EnvVarSource: Codable, Hashable, Sendable {
    package var fieldRef: ObjectFieldSelector?
    package var resourceFieldRef: ResourceFieldSelector?
    package var configMapKeyRef: KeySelector?
    package var secretKeyRef: KeySelector?
    package var fileKeyRef: FileKeySelector?

    package init(
        fieldRef: ObjectFieldSelector? = nil, resourceFieldRef: ResourceFieldSelector? = nil,
        configMapKeyRef: KeySelector? = nil, secretKeyRef: KeySelector? = nil, fileKeyRef: FileKeySelector? = nil
    ) {
        self.fieldRef = fieldRef
        self.resourceFieldRef = resourceFieldRef
        self.configMapKeyRef = configMapKeyRef
        self.secretKeyRef = secretKeyRef
        self.fileKeyRef = fileKeyRef
    }
}

/// A field of the pod itself: `metadata.name` or `status.podIP`, say.
package struct ObjectFieldSelector: Codable, Hashable, Sendable {
    package var apiVersion: String?
    package var fieldPath = ""

    package init(apiVersion: String? = nil, fieldPath: String = "") {
        self.apiVersion = apiVersion
        self.fieldPath = fieldPath
    }
}

/// A request or a limit of a container: `limits.cpu`, in units of `divisor`.
package struct ResourceFieldSelector: Codable, Hashable, Sendable {
    package var containerName: String?
    package var resource = ""
    package var divisor: Quantity?

    package init(containerName: String? = nil, resource: String = "", divisor: Quantity? = nil) {
        self.containerName = containerName
        self.resource = resource
        self.divisor = divisor
    }
}

/// A key of a config map or of a secret.
package struct KeySelector: Codable, Hashable, Sendable {
    package var name: String?
    package var key = ""
    package var optional: Bool?

    package init(name: String? = nil, key: String = "", optional: Bool? = nil) {
        self.name = name
        self.key = key
        self.optional = optional
    }
}

/// A key of an environment file on a volume.
package struct FileKeySelector: Codable, Hashable, Sendable {
    package var volumeName = ""
    package var path = ""
    package var key = ""
    package var optional: Bool?

    package init(volumeName: String = "", path: String = "", key: String = "", optional: Bool? = nil) {
        self.volumeName = volumeName
        self.path = path
        self.key = key
        self.optional = optional
    }
}

/// All keys of a config map or secret as variables, with a prefix.
package struct EnvFromSource: Codable, Hashable, Sendable {
    package var prefix: String?
    package var configMapRef: ObjectSource?
    package var secretRef: ObjectSource?

    package init(prefix: String? = nil, configMapRef: ObjectSource? = nil, secretRef: ObjectSource? = nil) {
        self.prefix = prefix
        self.configMapRef = configMapRef
        self.secretRef = secretRef
    }
}

/// A config map or secret by name, which may be absent if `optional`.
package struct ObjectSource: Codable, Hashable, Sendable {
    package var name: String?
    package var optional: Bool?

    package init(name: String? = nil, optional: Bool? = nil) {
        self.name = name
        self.optional = optional
    }
}
