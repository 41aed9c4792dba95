// SPDX-License-Identifier: Apache-2.0

/// Rows under a heading, as kubectl lays them out: three spaces between columns, six at least.
struct Table {
    private var layout = TabbedText(minimum: 6, padding: 3)

    init(_ heading: [String]?) { if let heading { add(heading) } }

    mutating func add(_ row: [String]) { layout.add(0, row.joined(separator: "\t")) }

    var text: String { layout.text }
}
