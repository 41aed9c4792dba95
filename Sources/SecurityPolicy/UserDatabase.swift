// SPDX-License-Identifier: Apache-2.0

/// The users and groups that an image knows: its `/etc/passwd` and `/etc/group`.
///
/// An image is hostile input: a line whose ids are not numbers from 0 to 2147483647 is passed over, where other
/// readers take such an id for 0, root. Source: passwd(5), group(5).
package struct UserDatabase: Hashable, Sendable {
    package struct User: Hashable, Sendable {
        package let name: String
        package let uid: UInt32
        /// The primary group.
        package let gid: UInt32
        package let home: String
    }
    package struct Group: Hashable, Sendable {
        package let name: String
        package let gid: UInt32
        package let members: [String]
    }
    package let users: [User]
    package let groups: [Group]

    /// Reads the bytes of `/etc/passwd` and `/etc/group`, empty where the image has none.
    package init(passwd: some Sequence<UInt8>, group: some Sequence<UInt8>) {
        users = Self.lines(passwd).compactMap(Self.user)
        groups = Self.lines(group).compactMap(Self.group)
    }

    package static let empty = Self(passwd: [], group: [])

    /// The first entry with this uid.
    package func user(uid: UInt32) -> User? { users.first { $0.uid == uid } }

    /// The first entry with this name.
    package func user(named name: String) -> User? { users.first { $0.name == name } }

    /// The groups that list this user as a member, but for the one of the user's own name.
    package func groups(of name: String) -> [Group] {
        groups.filter { $0.name != name && $0.members.contains(name) }
    }

    private static func lines(_ bytes: some Sequence<UInt8>) -> [[String]] {
        Array(bytes).split(separator: UInt8(ascii: "\n")).compactMap { line in
            let trimmed = line.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
            guard !trimmed.isEmpty else { return nil }
            return trimmed.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private static func user(_ fields: [String]) -> User? {
        guard fields.count > 2, case .valid(let uid) = UserID.parse(fields[2]) else { return nil }
        // A short line has no primary group: 0, as other readers have it.
        let gid = fields.count > 3 && !fields[3].isEmpty ? UserID.parse(fields[3]) : .valid(0)
        guard case .valid(let gid) = gid else { return nil }
        return User(name: fields[0], uid: uid, gid: gid, home: fields.count > 5 ? fields[5] : "")
    }

    private static func group(_ fields: [String]) -> Group? {
        guard fields.count > 2, case .valid(let gid) = UserID.parse(fields[2]) else { return nil }
        let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
        return Group(name: fields[0], gid: gid, members: members)
    }
}
