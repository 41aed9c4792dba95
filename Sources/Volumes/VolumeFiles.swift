// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import KubernetesAPI

/// The files of a `configMap`, `secret`, `downwardAPI` or `projected` volume, by their path in it.
struct VolumeFiles: Hashable {
    struct File: Hashable {
        var content: [UInt8]
        /// Permission bits.
        var mode: UInt32
        /// Nil: root.
        var owner: UInt32?
    }

    private(set) var files: [String: File] = [:]

    mutating func add(_ path: String, _ file: File) throws(SetUpError) {
        try Self.check(path)
        files[path] = file
    }

    /// Adds an object's keys: all of them, or those that `items` name.
    ///
    /// `missing` says, of a key, that the object does not have it.
    mutating func add(
        _ keys: [String: [UInt8]], items: [KeyToPath]?, mode: UInt32, optional: Bool, missing: (String) -> String
    ) throws(SetUpError) {
        guard let items, !items.isEmpty else {
            for (key, content) in keys { try add(key, File(content: content, mode: mode)) }
            return
        }
        for item in items {
            guard let content = keys[item.key] else {
                if optional { continue }
                throw SetUpError(missing(item.key))
            }
            try add(item.path, File(content: content, mode: item.mode.map { UInt32($0) } ?? mode))
        }
    }

    /// Refuses a path that leaves the volume or takes a name that the layout needs, in the kubelet's words.
    private static func check(_ path: String) throws(SetUpError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if path.isEmpty { throw SetUpError("invalid path: must not be empty: \"\(path)\"") }
        if path.hasPrefix("/") { throw SetUpError("invalid path: must be relative path: \(path)") }
        if path.utf8.count > 4096 { throw SetUpError("invalid path: must be less than or equal to 4096 characters") }
        for part in parts {
            if part == ".." { throw SetUpError("invalid path: must not contain '..': \(path)") }
            if part.utf8.count > 255 {
                throw SetUpError("invalid path: filenames must be less than or equal to 255 characters")
            }
        }
        if parts[0].hasPrefix("..") { throw SetUpError("invalid path: must not start with '..': \(path)") }
        if parts.contains(where: { $0.isEmpty || $0 == "." }) || path.utf8.contains(0) {
            throw SetUpError("invalid path: \(path)")
        }
    }
}

// MARK: - objects

extension ConfigMap {
    /// Content by key.
    func contents() throws(SetUpError) -> [String: [UInt8]] {
        var contents = (data ?? [:]).mapValues { Array($0.utf8) }
        for (key, text) in binaryData ?? [:] {
            guard let bytes = Data(base64Encoded: text) else {
                throw SetUpError("configmap \"\(metadata.name ?? "")\": binaryData[\(key)] is not base64")
            }
            contents[key] = Array(bytes)
        }
        return contents
    }
}

extension Secret {
    /// Content by key.
    func contents() throws(SetUpError) -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for (key, text) in data ?? [:] {
            guard let bytes = Data(base64Encoded: text) else {
                throw SetUpError("secret \"\(metadata.name ?? "")\": data[\(key)] is not base64")
            }
            contents[key] = Array(bytes)
        }
        for (key, text) in stringData ?? [:] { contents[key] = Array(text.utf8) }
        return contents
    }
}

extension Pod {
    /// A field as a file of a downwardAPI volume has it.
    func text(ofField path: String) throws(SetUpError) -> String {
        switch path {
        case "metadata.name": return metadata.name ?? ""
        case "metadata.namespace": return metadata.namespace ?? ""
        case "metadata.uid": return metadata.uid ?? ""
        case "metadata.labels": return Self.lines(metadata.labels)
        case "metadata.annotations": return Self.lines(metadata.annotations)
        default: break
        }
        for (prefix, values) in [
            ("metadata.labels['", metadata.labels), ("metadata.annotations['", metadata.annotations),
        ]
        where path.hasPrefix(prefix) && path.hasSuffix("']") {
            return values?[String(path.dropFirst(prefix.count).dropLast(2))] ?? ""
        }
        throw SetUpError("unsupported fieldPath: \(path)")
    }

    /// `KEY="VALUE"`, a line each, sorted, the values quoted as Go's `%q` does.
    private static func lines(_ values: [String: String]?) -> String {
        (values ?? [:]).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { "\($0.key)=\(quoted($0.value))" }.joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{7}": result += "\\a"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{B}": result += "\\v"
            default: result += isPrintable(scalar) ? String(scalar) : escaped(scalar)
            }
        }
        return result + "\""
    }

    /// Whether Go's `strconv.IsPrint` holds: letters, marks, numbers, punctuation, symbols and the ASCII space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let (mark, width) = scalar.value < 0x80 ? ("\\x", 2) : scalar.value < 0x10000 ? ("\\u", 4) : ("\\U", 8)
        return mark + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The user that all containers run as by the manifest; nil when one names none, or another.
    ///
    /// Source: kubelet, `FsUserFrom`: the user of an image does not count.
    func commonUser() -> UInt32? {
        let own = spec.securityContext?.runAsUser
        let users = Set(((spec.initContainers ?? []) + spec.containers).map { $0.securityContext?.runAsUser ?? own })
        guard users.count == 1, let user = users.first else { return nil }
        return user.flatMap { UInt32(exactly: $0) }
    }
}
