// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SecurityPolicy

/// `check -o junit`: a suite a file, a case a pod; what is in a file and belongs to no pod is the case `file`.
package enum JUnitReport {
    package static func text(_ reviews: [FileReview]) -> String {
        var suites = ""
        var (tests, failures) = (0, 0)
        for review in reviews {
            let cases = Self.cases(review)
            let failed = cases.count { !$0.failures.isEmpty }
            tests += cases.count
            failures += failed
            suites +=
                "  <testsuite name=\"\(escaped(review.file))\" tests=\"\(cases.count)\" failures=\"\(failed)\" errors=\"0\" skipped=\"0\">\n"
            for test in cases { suites += test.text(in: review.file) }
            suites += "  </testsuite>\n"
        }
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<testsuites name=\"holdfast check\" tests=\"\(tests)\" failures=\"\(failures)\" errors=\"0\">\n\(suites)</testsuites>\n"
    }

    private struct Case {
        var name: String
        var failures: [Problem] = []
        var others: [Problem] = []

        func text(in file: String) -> String {
            var text = "    <testcase name=\"\(escaped(name))\" classname=\"\(escaped(file))\""
            guard !failures.isEmpty || !others.isEmpty else { return text + "/>\n" }
            text += ">\n"
            if let first = failures.first {
                let lines = failures.map(Self.line).joined(separator: "\n")
                text +=
                    "      <failure type=\"\(escaped(first.id))\" message=\"\(escaped(first.message))\">\(escaped(lines))</failure>\n"
            }
            if !others.isEmpty {
                text += "      <system-out>\(escaped(others.map(Self.line).joined(separator: "\n")))</system-out>\n"
            }
            return text + "    </testcase>\n"
        }

        private static func line(_ problem: Problem) -> String {
            let allowance = problem.allowance.map { " (allowed because \($0.reason))" } ?? ""
            return "\(problem.place): \(problem.severity.rawValue): \(problem.message) [\(problem.id)]\(allowance)"
        }
    }

    /// The pods of a file in its order, each with its problems, and what belongs to none of them.
    private static func cases(_ review: FileReview) -> [Case] {
        var cases = review.pods.map { pod in
            Case(name: [pod.kind, pod.name].filter { !$0.isEmpty }.joined(separator: "/"))
        }
        var rest = Case(name: "file")
        func add(_ problem: Problem, to test: inout Case) {
            if problem.counts { test.failures.append(problem) } else { test.others.append(problem) }
        }
        for problem in review.problems {
            if let pod = problem.pod { add(problem, to: &cases[pod]) } else { add(problem, to: &rest) }
        }
        if cases.isEmpty || !rest.failures.isEmpty || !rest.others.isEmpty { cases.append(rest) }
        for index in cases.indices where cases[index].name.isEmpty { cases[index].name = rest.name }
        return cases
    }

    /// For an attribute or for text; characters that XML cannot hold are left as their number.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\t": result += "&#9;"
            case "\u{0}"..<" ", "\u{fffe}", "\u{ffff}": result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
