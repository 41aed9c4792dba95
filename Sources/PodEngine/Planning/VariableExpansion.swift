// SPDX-License-Identifier: Apache-2.0

/// `$(NAME)` in commands, arguments, variables and `subPathExpr`.
package enum VariableExpansion {
    /// Replaces each `$(NAME)` whose name has a value; others stay as they are, and `$$` is one `$`.
    ///
    /// Source: the Kubernetes API reference, `Container.command`; kubernetes, third_party/forked/golang/expansion.
    package static func expand(_ text: String, with values: [String: String]) -> String {
        guard text.utf8.contains(dollar) else { return text }
        let input = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < input.count {
            guard input[index] == dollar, index + 1 < input.count else {
                output.append(input[index])
                index += 1
                continue
            }
            let next = input[index + 1]
            if next == UInt8(ascii: "("), let end = input[(index + 2)...].firstIndex(of: UInt8(ascii: ")")) {
                let name = String(decoding: input[(index + 2)..<end], as: UTF8.self)
                output += values[name].map { Array($0.utf8) } ?? Array(input[index...end])
                index = end + 1
            } else {
                output += next == dollar ? [dollar] : [dollar, next]
                index += 2
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static let dollar = UInt8(ascii: "$")
}
