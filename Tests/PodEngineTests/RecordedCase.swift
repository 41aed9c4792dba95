// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// One case of `Tests/Conformance/run`: what a Kubernetes node answered.
struct RecordedCase: Decodable {
    struct Container: Decodable {
        let log: [String]?
        let waiting: String?
        let message: String?
        let exitCode: Int?
    }
    struct Pod: Decodable {
        let phase: String?
        let reason: String?
        let message: String?
    }
    let pod: Pod
    let containers: [String: Container]

    static let folder: String = {
        let file = #filePath
        let tests = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
        return tests + "/Conformance/run"
    }()

    static func manifest(named name: String) -> String { "\(folder)/\(name).yaml" }

    init(named name: String) throws {
        let data = try Data(contentsOf: URL(filePath: "\(Self.folder)/\(name).json"))
        self = try JSONDecoder().decode(Self.self, from: data)
    }

    /// All lines of one key that the only container printed.
    func lines(_ key: String) -> [String] {
        (containers.values.first?.log ?? []).compactMap { line in
            line.hasPrefix("\(key):") ? String(line.dropFirst(key.utf8.count + 1).drop { $0 == " " }) : nil
        }
    }

    /// The numbers that a filter or the kernel answered with EPERM or ENOSYS.
    var systemCalls: [Int: String] {
        var answers: [Int: String] = [:]
        for line in containers.values.first?.log ?? [] where line.hasPrefix("syscall.") {
            let parts = line.dropFirst(8).split(separator: ":")
            if parts.count == 2, let number = Int(parts[0]) { answers[number] = String(parts[1].drop { $0 == " " }) }
        }
        return answers
    }

    /// Those that the probe makes, all arguments -1: not the ones that end or block it.
    static let probedSystemCalls: [Int] = {
        let skipped: Set = [60, 231, 34, 57, 58, 153, 162, 15, 112, 219, 152, 24, 12, 158]
        return (0...466).filter { !skipped.contains($0) && !(335..<424).contains($0) }
    }()
}
