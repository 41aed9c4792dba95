// SPDX-License-Identifier: Apache-2.0
package import LinuxTypes

/// The OCI runtime specification's `config.json`, version 1.2, as far as Linux goes.
///
/// A field that this type does not have is refused where a spec is read, never skipped.
package struct RuntimeSpec: Codable, Hashable, Sendable {
    package var ociVersion: String
    package var process: ProcessSpec?
    package var root: RootSpec?
    package var hostname: String?
    package var domainname: String?
    package var mounts: [MountSpec]?
    package var hooks: HooksSpec?
    package var annotations: [String: String]?
    package var linux: LinuxSpec?

    /// The version of the specification that is spoken here.
    package static let version = "1.2.0"

    package init(
        process: ProcessSpec?, root: RootSpec?, hostname: String?, mounts: [MountSpec], annotations: [String: String]?,
        linux: LinuxSpec
    ) {
        ociVersion = Self.version
        self.process = process
        self.root = root
        self.hostname = hostname
        self.mounts = mounts
        self.annotations = annotations
        self.linux = linux
    }
}

/// What to execute, and as whom: `process`.
package struct ProcessSpec: Codable, Hashable, Sendable {
    package struct User: Codable, Hashable, Sendable {
        package var uid: UInt32
        package var gid: UInt32
        package var umask: UInt32?
        package var additionalGids: [UInt32]?
        package init(uid: UInt32, gid: UInt32, umask: UInt32?, additionalGids: [UInt32]) {
            self.uid = uid
            self.gid = gid
            self.umask = umask
            self.additionalGids = additionalGids
        }
    }
    /// Names as `CAP_NET_RAW`.
    package struct Capabilities: Codable, Hashable, Sendable {
        package var bounding: [String]?
        package var effective: [String]?
        package var inheritable: [String]?
        package var permitted: [String]?
        package var ambient: [String]?
        package init(bounding: [String], effective: [String], permitted: [String]) {
            self.bounding = bounding
            self.effective = effective
            self.permitted = permitted
            inheritable = []
            ambient = []
        }
    }
    package struct Limit: Codable, Hashable, Sendable {
        package var type: String
        package var soft: UInt64
        package var hard: UInt64
    }
    package struct ConsoleSize: Codable, Hashable, Sendable {
        package var height: UInt16
        package var width: UInt16
    }

    package var terminal: Bool?
    package var consoleSize: ConsoleSize?
    package var user: User
    package var args: [String]?
    package var env: [String]?
    package var cwd: String
    package var capabilities: Capabilities?
    package var rlimits: [Limit]?
    package var noNewPrivileges: Bool?
    package var oomScoreAdj: Int?
    package var apparmorProfile: String?
    package var selinuxLabel: String?

    package init(
        terminal: Bool, user: User, args: [String], env: [String], cwd: String, capabilities: Capabilities,
        noNewPrivileges: Bool, oomScoreAdj: Int?
    ) {
        self.terminal = terminal
        self.user = user
        self.args = args
        self.env = env
        self.cwd = cwd
        self.capabilities = capabilities
        self.noNewPrivileges = noNewPrivileges
        self.oomScoreAdj = oomScoreAdj
    }
}

/// The root file system: `root`.
package struct RootSpec: Codable, Hashable, Sendable {
    package var path: String
    package var readonly: Bool?
    package init(path: String, readonly: Bool) {
        self.path = path
        self.readonly = readonly
    }
}

/// One entry of `mounts`.
package struct MountSpec: Codable, Hashable, Sendable {
    package var destination: String
    package var type: String?
    package var source: String?
    package var options: [String]?
    package init(destination: String, type: String, source: String, options: [String]) {
        self.destination = destination
        self.type = type
        self.source = source
        self.options = options
    }
}

/// Programs to call at points of a container's life: `hooks`.
package struct HooksSpec: Codable, Hashable, Sendable {
    package struct Hook: Codable, Hashable, Sendable {
        package var path: String
        package var args: [String]?
        package var env: [String]?
        /// In seconds.
        package var timeout: Int?
    }
    package var prestart: [Hook]?
    package var createRuntime: [Hook]?
    package var createContainer: [Hook]?
    package var startContainer: [Hook]?
    package var poststart: [Hook]?
    package var poststop: [Hook]?
}

/// The `linux` object.
package struct LinuxSpec: Codable, Hashable, Sendable {
    package struct Namespace: Codable, Hashable, Sendable {
        package var type: NamespaceKind
        package var path: String?
        package init(type: NamespaceKind, path: String? = nil) {
            self.type = type
            self.path = path
        }
    }
    package struct Device: Codable, Hashable, Sendable {
        package var type: String
        package var path: String
        package var major: Int64?
        package var minor: Int64?
        package var fileMode: UInt32?
        package var uid: UInt32?
        package var gid: UInt32?
        package init(type: String, path: String, major: Int64, minor: Int64, fileMode: UInt32, uid: UInt32, gid: UInt32)
        {
            self.type = type
            self.path = path
            self.major = major
            self.minor = minor
            self.fileMode = fileMode
            self.uid = uid
            self.gid = gid
        }
    }

    package var namespaces: [Namespace]?
    package var uidMappings: [IDMapping]?
    package var gidMappings: [IDMapping]?
    package var devices: [Device]?
    package var cgroupsPath: String?
    package var resources: ResourcesSpec?
    package var seccomp: SeccompSpec?
    package var sysctl: [String: String]?
    package var maskedPaths: [String]?
    package var readonlyPaths: [String]?
    package var rootfsPropagation: String?
    package var mountLabel: String?

    package init(namespaces: [Namespace]) { self.namespaces = namespaces }
}

/// Limits of the container's cgroup: `linux.resources`.
package struct ResourcesSpec: Codable, Hashable, Sendable {
    package struct DeviceRule: Codable, Hashable, Sendable {
        package var allow: Bool
        /// `a`, `b` or `c`; all when nil.
        package var type: String?
        package var major: Int64?
        package var minor: Int64?
        /// A subset of `rwm`; all when nil.
        package var access: String?
        package init(allow: Bool, type: String? = nil, major: Int64? = nil, minor: Int64? = nil, access: String) {
            self.allow = allow
            self.type = type
            self.major = major
            self.minor = minor
            self.access = access
        }
    }
    package struct Memory: Codable, Hashable, Sendable {
        package var limit: Int64?
        package var reservation: Int64?
        package var swap: Int64?
        package init(limit: Int64?) { self.limit = limit }
    }
    package struct CPU: Codable, Hashable, Sendable {
        package var shares: UInt64?
        /// In microseconds of each period.
        package var quota: Int64?
        /// In microseconds.
        package var period: UInt64?
        package var cpus: String?
        package var mems: String?
        package init(shares: UInt64?, quota: Int64?, period: UInt64?) {
            self.shares = shares
            self.quota = quota
            self.period = period
        }
    }
    package struct PIDs: Codable, Hashable, Sendable {
        package var limit: Int64
        package init(limit: Int64) { self.limit = limit }
    }
    package var devices: [DeviceRule]?
    package var memory: Memory?
    package var cpu: CPU?
    package var pids: PIDs?
    package var unified: [String: String]?
    package init(devices: [DeviceRule]) { self.devices = devices }
}

/// A filter of system calls: `linux.seccomp`, and the form of a Localhost profile.
package struct SeccompSpec: Codable, Hashable, Sendable {
    package enum Action: String, Codable, Hashable, Sendable {
        case kill = "SCMP_ACT_KILL"
        case killThread = "SCMP_ACT_KILL_THREAD"
        case killProcess = "SCMP_ACT_KILL_PROCESS"
        case trap = "SCMP_ACT_TRAP"
        case errno = "SCMP_ACT_ERRNO"
        case trace = "SCMP_ACT_TRACE"
        case allow = "SCMP_ACT_ALLOW"
        case log = "SCMP_ACT_LOG"
        case notify = "SCMP_ACT_NOTIFY"
    }
    package enum Comparison: String, Codable, Hashable, Sendable {
        case notEqual = "SCMP_CMP_NE"
        case less = "SCMP_CMP_LT"
        case lessOrEqual = "SCMP_CMP_LE"
        case equal = "SCMP_CMP_EQ"
        case greaterOrEqual = "SCMP_CMP_GE"
        case greater = "SCMP_CMP_GT"
        case maskedEqual = "SCMP_CMP_MASKED_EQ"
    }
    package struct Argument: Codable, Hashable, Sendable {
        package var index: UInt32
        package var value: UInt64
        package var valueTwo: UInt64?
        package var op: Comparison
        package init(index: UInt32, value: UInt64, valueTwo: UInt64? = nil, op: Comparison) {
            self.index = index
            self.value = value
            self.valueTwo = valueTwo
            self.op = op
        }
    }
    package struct Rule: Codable, Hashable, Sendable {
        package var names: [String]
        package var action: Action
        package var errnoRet: UInt32?
        package var args: [Argument]?
        package init(names: [String], action: Action = .allow, errnoRet: UInt32? = nil, args: [Argument]? = nil) {
            self.names = names
            self.action = action
            self.errnoRet = errnoRet
            self.args = args
        }
    }

    package var defaultAction: Action
    package var defaultErrnoRet: UInt32?
    package var architectures: [String]?
    package var flags: [String]?
    package var listenerPath: String?
    package var listenerMetadata: String?
    package var syscalls: [Rule]?

    package init(defaultAction: Action, architectures: [String], syscalls: [Rule]) {
        self.defaultAction = defaultAction
        self.architectures = architectures
        self.syscalls = syscalls
    }
}
