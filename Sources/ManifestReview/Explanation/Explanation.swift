// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// What a pod, or a template as the pod that it makes, means on a node: every value with where it comes from.
package struct PodExplanation: Sendable {
    package var file: String
    package var position: Position?
    package var kind: String
    package var name: String
    package var namespace: String
    /// The runtime whose defaults count, and what else is set: `containerd, seccompDefault`.
    package var node: String
    /// Why the API server, or the node, does not take the pod; no container starts then.
    package var refusal: String?
    /// Of the pod as a whole: namespaces, sysctls.
    package var fields: [Field] = []
    package var volumes: [VolumeRow] = []
    package var containers: [ContainerExplanation] = []

    package init(file: String, position: Position?, kind: String, name: String, namespace: String, node: String) {
        self.file = file
        self.position = position
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.node = node
    }
}

extension PodExplanation {
    /// One decided value.
    package struct Field: Hashable, Sendable {
        /// `runAsUser`, or `namespaces.network`.
        package var name: String
        /// As people read it.
        package var text: String
        package var value: JSONValue
        package var source: Source
        /// Why it is not known; nil where it is.
        package var unknown: String?

        package init(_ name: String, _ text: String, _ value: JSONValue, _ source: Source, unknown: String? = nil) {
            self.name = name
            self.text = text
            self.value = value
            self.source = source
            self.unknown = unknown
        }
    }

    /// Where a value comes from.
    package struct Source: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable, CaseIterable {
            case container, pod, image, imagePasswd, imageGroup, node, kubernetes, unknown
        }
        package var kind: Kind
        /// The field of the manifest or of the image's configuration: `spec.securityContext.runAsUser`, `config.User`.
        package var field: String?
        /// Where the manifest has it.
        package var position: Position?

        package init(_ kind: Kind, field: String? = nil, position: Position? = nil) {
            self.kind = kind
            self.field = field
            self.position = position
        }

        /// In words: `container field`, `node default`.
        package var words: String {
            switch kind {
            case .container: "container field"
            case .pod: "pod field"
            case .image: "image \(field ?? "")"
            case .imagePasswd: "image /etc/passwd"
            case .imageGroup: "image /etc/group"
            case .node: "node default"
            case .kubernetes: "Kubernetes default"
            case .unknown: "unknown"
            }
        }
    }

    /// A volume as the containers will find it.
    package struct VolumeRow: Hashable, Sendable {
        package var name: String
        /// `emptyDir`, `hostPath`.
        package var kind: String
        package var position: Position?
        /// Nil where only the machine or a claim's content tells.
        package var uid: UInt32?
        package var gid: UInt32?
        /// Permission, set-id and sticky bits.
        package var mode: UInt32?
        /// Of the files in it, where they come from objects.
        package var fileMode: UInt32?
        /// Whether the kubelet gives it to fsGroup.
        package var followsGroup: Bool
        /// What is not known, and why; or what else is to be said.
        package var note: String?

        package init(name: String, kind: String, followsGroup: Bool) {
            self.name = name
            self.kind = kind
            self.followsGroup = followsGroup
        }
    }
}

/// One container of a pod.
package struct ContainerExplanation: Sendable {
    package var name: String
    /// `container`, `init container`, `sidecar`, `ephemeral container`.
    package var kind: String
    package var image: String
    package var isImageHere: Bool
    package var position: Position?
    /// `CreateContainerConfigError: …`; nil where it starts.
    package var refusal: String?
    package var fields: [PodExplanation.Field] = []
    package var kernel: KernelPrediction?
    /// What `check` finds about it.
    package var findings: [Problem] = []

    package init(name: String, kind: String, image: String, isImageHere: Bool, position: Position?) {
        self.name = name
        self.kind = kind
        self.image = image
        self.isImageHere = isImageHere
        self.position = position
    }
}

/// What the kernel will show of a container's first process; nil where only an image that is not here can tell.
package struct KernelPrediction: Hashable, Sendable {
    package var uid: UInt32?
    package var gid: UInt32?
    /// Where the program's set-user-ID bit makes it another one.
    package var effectiveUID: UInt32?
    /// Where the program's set-group-ID bit makes it another one.
    package var effectiveGID: UInt32?
    /// What the program itself changes, in words; nil where it changes nothing.
    package var execution: String?
    /// Nil where the image may add some.
    package var groups: [UInt32]?
    package var inheritable: [String]?
    package var permitted: [String]?
    package var effective: [String]?
    package var bounding: [String]
    package var ambient: [String]?
    package var noNewPrivileges: Bool
    /// `disabled` or `filter`, as proc(5) counts them: 0 and 2.
    package var hasFilter: Bool
    package var systemCalls: SystemCalls
    package var maskedPaths: [String]
    package var readOnlyPaths: [String]
    package var mounts: [MountRow]

    package init(bounding: [String], noNewPrivileges: Bool, hasFilter: Bool) {
        self.bounding = bounding
        self.noNewPrivileges = noNewPrivileges
        self.hasFilter = hasFilter
        systemCalls = .all
        maskedPaths = []
        readOnlyPaths = []
        mounts = []
    }

    /// Which system calls the filter lets pass.
    package enum SystemCalls: Hashable, Sendable {
        case all
        /// So many, and no other.
        case allowed(Int)
        /// All but so many.
        case denied(Int)
        /// The profile is not here, or cannot be read.
        case unknown(String)

        package var text: String {
            switch self {
            case .all: "all system calls"
            case .allowed(let count): "\(count) system calls allowed"
            case .denied(let count): "all system calls but \(count)"
            case .unknown(let reason): "unknown: \(reason)"
            }
        }
    }

    /// One line of `/proc/self/mountinfo`.
    package struct MountRow: Hashable, Sendable {
        package var path: String
        /// The file system's type; `bind` for what is the machine's.
        package var type: String
        /// `rw`, `nosuid` and the like.
        package var flags: [String]
        /// `private`, `slave`, `shared`.
        package var propagation: String
        /// What it is: `volume data`, `masked path`.
        package var what: String
        package var isWritable: Bool
        /// Who can write there, in words.
        package var writers: String

        package init(
            path: String, type: String, flags: [String], propagation: String = "private", what: String,
            isWritable: Bool, writers: String
        ) {
            self.path = path
            self.type = type
            self.flags = flags
            self.propagation = propagation
            self.what = what
            self.isWritable = isWritable
            self.writers = writers
        }
    }
}
