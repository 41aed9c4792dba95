// SPDX-License-Identifier: Apache-2.0

/// What an image says about who its containers run as.
package struct ImageIdentity: Hashable, Sendable {
    /// `config.User` as the image writes it: empty, `1000`, `1000:2000`, `app` or `app:group`.
    package let user: String
    package let database: UserDatabase

    package init(user: String, database: UserDatabase) {
        self.user = user
        self.database = database
    }

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
