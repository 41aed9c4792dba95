// SPDX-License-Identifier: Apache-2.0

/// What an image says about who its containers run as.
package struct ImageIdentity: Hashable, Sendable {
    /// `config.User` as the image writes it: empty, `1000`, `1000:2000`, `app` or `app:group`.
    package let user: String
    package let database: UserDatabase
    /// False for an image that is not here: what it would decide has the origin ``Origin/unknownImage``.
    package let isKnown: Bool

    package init(user: String, database: UserDatabase) {
        self.init(user: user, database: database, isKnown: true)
    }

    private init(user: String, database: UserDatabase, isKnown: Bool) {
        self.user = user
        self.database = database
        self.isKnown = isKnown
    }

    /// Of an image that nobody has looked at; no container is started with it.
    package static let unknown = Self(user: "", database: .empty, isKnown: false)

    /// The half of USER before the colon, which is all that Kubernetes looks at.
    package enum User: Hashable, Sendable {
        /// USER is empty: root.
        case unset
        case number(UInt32)
        /// Digits that are no id, as written.
        case outOfRange(String)
        case name(String)
    }

    package var declaredUser: User {
        let name = user.prefix { $0 != ":" }
        if name.isEmpty { return .unset }
        switch UserID.parse(name) {
        case .valid(let uid): return .number(uid)
        case .outOfRange(let text): return .outOfRange(text)
        case .notANumber: return .name(String(name))
        }
    }
}
