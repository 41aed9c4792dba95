// SPDX-License-Identifier: Apache-2.0

/// What a review knows of the image of a container, from its configuration and its layers alone.
package struct ImageFacts: Sendable {
    /// As the manifest names it.
    package var reference: String
    package var identity: ImageIdentity
    package var entrypoint: [String]
    package var command: [String]
    /// `NAME=VALUE`.
    package var environment: [String]
    /// Empty: `/`.
    package var workingFolder: String
    /// The folders that the image declares as VOLUME.
    package var volumes: [String]
    /// `80/tcp`.
    package var exposedPorts: [String]
    package var files: any ImageFiles

    package init(reference: String, identity: ImageIdentity, files: any ImageFiles) {
        self.reference = reference
        self.identity = identity
        self.files = files
        entrypoint = []
        command = []
        environment = []
        workingFolder = ""
        volumes = []
        exposedPorts = []
    }

    /// The value of a variable that the image sets.
    package func variable(_ name: String) -> String? {
        environment.last { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
    }
}

/// The files of an image, links followed within it.
///
/// It throws where the image cannot be read; a path that names nothing is nil.
package protocol ImageFiles: Sendable {
    func file(_ path: String) throws -> FileFacts?
    /// The first bytes of a regular file.
    func start(of path: String, count: Int) throws -> [UInt8]?
    /// What a folder holds, sorted.
    func names(in folder: String) throws -> [String]?
}

/// What the layers say of one file.
package struct FileFacts: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case regular, folder, other
    }
    package var kind: Kind
    package var uid: UInt32
    package var gid: UInt32
    /// Permission, set-id and sticky bits: `0o7777`.
    package var mode: UInt32
    package var capabilities: FileCapabilities?

    package init(
        kind: Kind, uid: UInt32 = 0, gid: UInt32 = 0, mode: UInt32, capabilities: FileCapabilities? = nil
    ) {
        self.kind = kind
        self.uid = uid
        self.gid = gid
        self.mode = mode
        self.capabilities = capabilities
    }

    package var isSetUserID: Bool { kind == .regular && mode & 0o4000 != 0 }

    /// Whether a user may do this by owner, group and other bits: 4 read, 2 write, 1 execute or enter.
    ///
    /// Source: path_resolution(7), "Permissions".
    package func allows(_ bits: UInt32, uid user: UInt32, groups: [UInt32]) -> Bool {
        let shift: UInt32 = user == uid ? 6 : groups.contains(gid) ? 3 : 0
        return mode >> shift & bits == bits
    }
}

extension FileFacts.Kind {
    package var isFolder: Bool { self == .folder }
}
