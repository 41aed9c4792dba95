// SPDX-License-Identifier: Apache-2.0
package import FoundationEssentials
package import LinuxTypes
package import OCISpec
package import SecurityPolicy

/// A Localhost profile as its file writes it: an OCI `linux.seccomp` object, or Docker's extension of it with conditions.
///
/// A field that neither form has is refused: it might have been meant as a restriction.
package struct LocalhostSeccompProfile: Sendable {
    private let document: Document

    /// Reads a file's bytes; an error names the field that is wrong.
    package init(json: Data) throws(ProfileError) {
        do { document = try JSONDecoder().decode(Document.self, from: json) } catch let error as DecodingError {
            throw ProfileError(error)
        } catch {
            throw ProfileError(field: "", message: "\(error)")
        }
    }

    /// The profile for one container, by its bounding set: conditions are decided, and what does not apply is left out.
    package func spec(
        capabilities: CapabilitySet, architecture: Architecture, kernel: KernelVersion
    ) throws(ProfileError) -> SeccompSpec {
        var rules: [SeccompSpec.Rule] = []
        for (index, call) in (document.syscalls ?? []).enumerated() {
            let field = "syscalls[\(index)]"
            let names = call.names ?? []
            if call.name != nil, !names.isEmpty {
                throw ProfileError(field: "\(field).names", message: "not beside name")
            }
            let setting = Setting(capabilities: capabilities, architecture: architecture, kernel: kernel)
            if let includes = call.includes, try !setting.meetsAll(includes, field: "\(field).includes") { continue }
            if let excludes = call.excludes, try setting.meetsAny(excludes, field: "\(field).excludes") { continue }
            let all = call.name.map { [$0] } ?? names
            guard !all.isEmpty else { throw ProfileError(field: "\(field).names", message: "names no system call") }
            rules.append(SeccompSpec.Rule(names: all, action: call.action, errnoRet: call.errnoRet, args: call.args))
        }
        var spec = SeccompSpec(
            defaultAction: document.defaultAction, architectures: try architectures(architecture), syscalls: rules)
        spec.defaultErrnoRet = document.defaultErrnoRet
        spec.flags = document.flags
        spec.listenerPath = document.listenerPath
        spec.listenerMetadata = document.listenerMetadata
        return spec
    }

    private func architectures(_ native: Architecture) throws(ProfileError) -> [String] {
        let map = document.archMap ?? []
        guard !map.isEmpty else { return document.architectures ?? [] }
        if document.architectures?.isEmpty == false {
            throw ProfileError(field: "archMap", message: "not beside architectures")
        }
        guard let entry = map.first(where: { $0.architecture == native.ociNames[0] }) else { return [] }
        return [entry.architecture] + (entry.subArchitectures ?? [])
    }
}

/// What is wrong with a profile, and where.
package struct ProfileError: Error, Hashable, CustomStringConvertible {
    /// `syscalls[3].action`; empty for the document as a whole.
    package let field: String
    package let message: String

    package init(field: String, message: String) {
        self.field = field
        self.message = message
    }

    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self.init(field: Self.path(context.codingPath + [key]), message: "required")
        case .valueNotFound(_, let context):
            self.init(field: Self.path(context.codingPath), message: "required")
        case .typeMismatch(let type, let context):
            self.init(field: Self.path(context.codingPath), message: "not a \(type)")
        case .dataCorrupted(let context):
            self.init(field: Self.path(context.codingPath), message: context.debugDescription)
        @unknown default: self.init(field: "", message: "\(error)")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("") { path, key in
            if let index = key.intValue { return "\(path)[\(index)]" }
            return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
        }
    }

    package var description: String { field.isEmpty ? message : "\(field): \(message)" }
}

/// What a profile's conditions are decided by.
private struct Setting {
    let capabilities: CapabilitySet
    let architecture: Architecture
    let kernel: KernelVersion

    func meetsAll(_ filter: Document.Filter, field: String) throws(ProfileError) -> Bool {
        if let arches = filter.arches, !arches.isEmpty, !arches.contains(architecture.rawValue) { return false }
        guard try held(filter, field: field).allSatisfy({ $0 }) else { return false }
        return try minimum(filter, field: field).map { kernel >= $0 } ?? true
    }

    func meetsAny(_ filter: Document.Filter, field: String) throws(ProfileError) -> Bool {
        if filter.arches?.contains(architecture.rawValue) == true { return true }
        if try held(filter, field: field).contains(true) { return true }
        return try minimum(filter, field: field).map { kernel >= $0 } ?? false
    }

    private func held(_ filter: Document.Filter, field: String) throws(ProfileError) -> [Bool] {
        var answers: [Bool] = []
        for (index, name) in (filter.caps ?? []).enumerated() {
            do { answers.append(capabilities.isSuperset(of: try CapabilitySet(named: name))) } catch {
                throw ProfileError(field: "\(field).caps[\(index)]", message: "\(error)")
            }
        }
        return answers
    }

    private func minimum(_ filter: Document.Filter, field: String) throws(ProfileError) -> KernelVersion? {
        guard let text = filter.minKernel, !text.isEmpty else { return nil }
        guard let version = KernelVersion(release: text) else {
            throw ProfileError(field: "\(field).minKernel", message: "\(text) is not a kernel version")
        }
        return version
    }
}

/// The file's fields, of both forms.
private struct Document: Decodable, Sendable {
    var defaultAction: SeccompSpec.Action
    var defaultErrnoRet: UInt32?
    var architectures: [String]?
    var archMap: [ArchitectureMap]?
    var flags: [String]?
    var listenerPath: String?
    var listenerMetadata: String?
    var syscalls: [Call]?

    struct ArchitectureMap: Decodable, Sendable {
        var architecture: String
        var subArchitectures: [String]?

        enum CodingKeys: String, CodingKey, CaseIterable { case architecture, subArchitectures }
        init(from decoder: any Decoder) throws {
            let fields = try decoder.strict(CodingKeys.self)
            architecture = try fields.decode(String.self, forKey: .architecture)
            subArchitectures = try fields.decodeIfPresent([String].self, forKey: .subArchitectures)
        }
    }

    struct Filter: Decodable, Sendable {
        var caps: [String]?
        var arches: [String]?
        var minKernel: String?

        enum CodingKeys: String, CodingKey, CaseIterable { case caps, arches, minKernel }
        init(from decoder: any Decoder) throws {
            let fields = try decoder.strict(CodingKeys.self)
            caps = try fields.decodeIfPresent([String].self, forKey: .caps)
            arches = try fields.decodeIfPresent([String].self, forKey: .arches)
            minKernel = try fields.decodeIfPresent(String.self, forKey: .minKernel)
        }
    }

    struct Argument: Decodable, Sendable {
        var spec: SeccompSpec.Argument

        enum CodingKeys: String, CodingKey, CaseIterable { case index, value, valueTwo, op }
        init(from decoder: any Decoder) throws {
            let fields = try decoder.strict(CodingKeys.self)
            spec = SeccompSpec.Argument(
                index: try fields.decode(UInt32.self, forKey: .index),
                value: try fields.decode(UInt64.self, forKey: .value),
                valueTwo: try fields.decodeIfPresent(UInt64.self, forKey: .valueTwo),
                op: try fields.word(SeccompSpec.Comparison.self, forKey: .op, what: "operator"))
        }
    }

    struct Call: Decodable, Sendable {
        var name: String?
        var names: [String]?
        var action: SeccompSpec.Action
        var errnoRet: UInt32?
        var args: [SeccompSpec.Argument]?
        var includes: Filter?
        var excludes: Filter?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case name, names, action, errnoRet, args, comment, includes, excludes
        }
        init(from decoder: any Decoder) throws {
            let fields = try decoder.strict(CodingKeys.self)
            name = try fields.decodeIfPresent(String.self, forKey: .name)
            names = try fields.decodeIfPresent([String].self, forKey: .names)
            action = try fields.word(SeccompSpec.Action.self, forKey: .action, what: "action")
            errnoRet = try fields.decodeIfPresent(UInt32.self, forKey: .errnoRet)
            args = try fields.decodeIfPresent([Argument].self, forKey: .args)?.map(\.spec)
            includes = try fields.decodeIfPresent(Filter.self, forKey: .includes)
            excludes = try fields.decodeIfPresent(Filter.self, forKey: .excludes)
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case defaultAction, defaultErrnoRet, architectures, archMap, flags, listenerPath, listenerMetadata, syscalls
    }
    init(from decoder: any Decoder) throws {
        let fields = try decoder.strict(CodingKeys.self)
        defaultAction = try fields.word(SeccompSpec.Action.self, forKey: .defaultAction, what: "action")
        defaultErrnoRet = try fields.decodeIfPresent(UInt32.self, forKey: .defaultErrnoRet)
        architectures = try fields.decodeIfPresent([String].self, forKey: .architectures)
        archMap = try fields.decodeIfPresent([ArchitectureMap].self, forKey: .archMap)
        flags = try fields.decodeIfPresent([String].self, forKey: .flags)
        listenerPath = try fields.decodeIfPresent(String.self, forKey: .listenerPath)
        listenerMetadata = try fields.decodeIfPresent(String.self, forKey: .listenerMetadata)
        syscalls = try fields.decodeIfPresent([Call].self, forKey: .syscalls)
    }
}

/// Any key of a JSON object.
private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// The object's fields, once none is there that `Keys` does not have.
    fileprivate func strict<Keys: CodingKey & CaseIterable>(_: Keys.Type) throws -> KeyedDecodingContainer<Keys> {
        let known = Set(Keys.allCases.map(\.stringValue))
        let keys = try container(keyedBy: AnyKey.self).allKeys
        for key in keys.sorted(by: { $0.stringValue < $1.stringValue }) where !known.contains(key.stringValue) {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: codingPath + [key], debugDescription: "unknown field"))
        }
        return try container(keyedBy: Keys.self)
    }
}

extension KeyedDecodingContainer {
    /// A word of a closed list.
    fileprivate func word<Word: RawRepresentable<String>>(
        _: Word.Type, forKey key: Key, what: String
    ) throws -> Word {
        let text = try decode(String.self, forKey: key)
        guard let word = Word(rawValue: text) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "unknown \(what) \"\(text)\"")
        }
        return word
    }
}
