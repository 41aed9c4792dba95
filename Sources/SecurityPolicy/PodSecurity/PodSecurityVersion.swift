// SPDX-License-Identifier: Apache-2.0

/// The Kubernetes version whose rules hold: `latest` or `v1.N`.
package enum PodSecurityVersion: Hashable, Sendable, CustomStringConvertible {
    case latest
    /// `v1.N`.
    case minor(Int)

    /// The newest version whose rules are known.
    package static let newestKnown = Self.minor(newestKnownMinor)
    static let newestKnownMinor = 37

    package init(_ text: String) throws(PodSecurityValueError) {
        if text == "latest" {
            self = .latest
            return
        }
        let digits = text.utf8.dropFirst(Self.prefix.utf8.count)
        guard text.hasBytes(Self.prefix), digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            digits.first != UInt8(ascii: "0") || digits.count == 1, let minor = Int(Substring(digits))
        else { throw PodSecurityValueError(message: #"must be "latest" or "v1.x""#) }
        self = .minor(minor)
    }

    package var description: String {
        switch self {
        case .latest: "latest"
        case .minor(let minor): "\(Self.prefix)\(minor)"
        }
    }

    /// The minor version whose rules are taken: of a version that is newer than all known ones, the newest known.
    var evaluatedMinor: Int {
        switch self {
        case .latest: Self.newestKnownMinor
        case .minor(let minor): min(max(minor, 0), Self.newestKnownMinor)
        }
    }

    private static let prefix = "v1."
}
