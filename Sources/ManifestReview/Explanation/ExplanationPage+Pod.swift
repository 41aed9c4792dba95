// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import KubernetesAPI

/// The part of the page that is about one pod.
struct PodPart {
    let pod: PodExplanation
    /// Of its element; those within it begin with it.
    let id: String

    var markup: Markup {
        """
        <article class="pod" id="\(id)" aria-labelledby="\(id)-name">
        <header>
        <h2 id="\(id)-name"><span class="kind">\(pod.kind)</span> \(pod.name)</h2>
        <dl class="facts-line">
        <div><dt>Namespace</dt><dd>\(pod.namespace)</dd></div>
        <div><dt>Node</dt><dd>\(pod.node)</dd></div>
        <div><dt>File</dt><dd><code>\(PageParts.place(pod.file, pod.position))</code></dd></div>
        </dl>
        \(pod.refusal.map(PageParts.refusal) ?? "")\
        </header>
        \(glance)\(fields)\(volumes)\
        \(pod.containers.enumerated().map { part($1, $0).markup })\
        </article>

        """
    }

    private func part(_ container: ContainerExplanation, _ index: Int) -> ContainerPart {
        ContainerPart(container: container, pod: pod, id: "\(id)-container-\(index + 1)")
    }

    /// A row a container, a column a question: what a reviewer reads first.
    private var glance: Markup {
        guard !pod.containers.isEmpty else { return "" }
        let shared = ContainerSummary.facts(of: pod)
        let strip: Markup = shared.isEmpty ? "" : PageParts.strip(shared, label: "The pod and the machine")
        return """
            <section class="glance" aria-labelledby="\(id)-glance">
            <h3 id="\(id)-glance">At a glance</h3>
            \(strip)<table>
            <caption class="hidden">What each container may do</caption>
            <thead><tr><th scope="col">Container</th>\
            \((ContainerSummary.topics + ["Also"]).map { "<th scope=\"col\">\($0)</th>" as Markup })</tr></thead>
            <tbody>
            \(pod.containers.enumerated().map { glanceRow($1, $0) })</tbody>
            </table>
            </section>

            """
    }

    private func glanceRow(_ container: ContainerExplanation, _ index: Int) -> Markup {
        let summary = ContainerSummary(container, of: pod)
        let head: Markup = """
            <th scope="row"><a href="#\(id)-container-\(index + 1)">\(container.name)</a>\
            <span class="kind">\(container.kind)</span></th>
            """
        let others: Markup =
            summary.others.isEmpty
            ? "<td class=\"empty\">–</td>" : "<td>\(summary.others.map(PageParts.fact))</td>"
        guard container.refusal == nil, !summary.facts.isEmpty else {
            let reason = container.refusal ?? "what it would be is not decided"
            let fact = ContainerSummary.Fact(.danger, "does not start", reason)
            return
                "<tr>\(head)<td colspan=\"\(ContainerSummary.topics.count)\">\(PageParts.fact(fact))</td>\(others)</tr>\n"
        }
        return "<tr>\(head)\(summary.facts.map { "<td>\(PageParts.fact($0))</td>" as Markup })\(others)</tr>\n"
    }

    private var fields: Markup {
        guard !pod.fields.isEmpty else { return "" }
        return """
            <section aria-labelledby="\(id)-fields">
            <h3 id="\(id)-fields">The pod as a whole</h3>
            \(PageParts.fields(pod.fields, caption: "Namespaces, groups and kernel settings that all containers share"))\
            </section>

            """
    }

    private var volumes: Markup {
        guard !pod.volumes.isEmpty else { return "" }
        return """
            <section aria-labelledby="\(id)-volumes">
            <h3 id="\(id)-volumes">Volumes</h3>
            <table class="rows">
            <caption>As the containers will find them</caption>
            <thead><tr><th scope="col">Volume</th><th scope="col">What it is</th><th scope="col">Mode and owner</th>\
            <th scope="col">fsGroup</th><th scope="col">Line</th></tr></thead>
            <tbody>
            \(pod.volumes.map(volumeRow))</tbody>
            </table>
            </section>

            """
    }

    private func volumeRow(_ volume: PodExplanation.VolumeRow) -> Markup {
        var owner: Markup = PageParts.unknown("owner not known")
        if let mode = volume.mode {
            owner = """
                <code>\(FileMode.symbolic(mode, isFolder: true))</code> \
                <span class="soft">\(FileMode.octal(mode))</span> \(Self.owner(volume))
                """
        }
        if let mode = volume.fileMode {
            owner = """
                \(owner)<br><code>\(FileMode.symbolic(mode, isFolder: false))</code> \
                <span class="soft">\(FileMode.octal(mode))</span> its files
                """
        }
        let note: Markup = volume.note.map { "<br><span class=\"soft\">\($0)</span>" } ?? ""
        let place: Markup = volume.position.map { "<span class=\"place\">\($0.description)</span>" } ?? "–"
        return """
            <tr><th scope="row"><code>\(volume.name)</code></th><td data-label="What it is">\(volume.kind)</td>\
            <td data-label="Mode and owner"><div>\(owner)\(note)</div></td>\
            <td data-label="fsGroup">\(volume.followsGroup ? "applied" : "not applied")</td>\
            <td data-label="Line">\(place)</td></tr>

            """
    }

    private static func owner(_ volume: PodExplanation.VolumeRow) -> Markup {
        guard let uid = volume.uid, let gid = volume.gid else { return "" }
        return "<code>\(String(uid)):\(String(gid))</code>"
    }
}

/// What the parts of the page share.
enum PageParts {
    /// `pod.yaml:3:1`.
    static func place(_ file: String, _ position: Position?) -> String {
        position.map { "\(file):\($0)" } ?? file
    }

    static func refusal(_ message: String) -> Markup {
        """
        <div class="refusal">\(PageIcon.danger.markup)<div><strong>Does not start</strong>
        <p>\(message)</p></div></div>

        """
    }

    static func unknown(_ text: String) -> Markup { "<span class=\"not-known\">\(text)</span>" }

    static func fact(_ fact: ContainerSummary.Fact) -> Markup {
        let reason: Markup = fact.reason.map { " <small>\($0)</small>" } ?? ""
        return """
            <span class="fact \(fact.level.rawValue)">\(PageIcon(fact.level).markup)<span>\
            <span class="hidden">\(fact.level.word): </span>\(fact.text)\(reason)</span></span>
            """
    }

    static func strip(_ facts: [ContainerSummary.Fact], label: String) -> Markup {
        """
        <ul class="strip" aria-label="\(label)">
        \(facts.map { "<li>\(fact($0))</li>\n" as Markup })</ul>

        """
    }

    /// Rows of one name stand together under it.
    static func fields(_ fields: [PodExplanation.Field], caption: String) -> Markup {
        var rows: [Markup] = []
        for (index, field) in fields.enumerated() {
            var head: Markup = ""
            if index == 0 || fields[index - 1].name != field.name {
                let count = fields[index...].prefix { $0.name == field.name }.count
                let span: Markup = count > 1 ? " rowspan=\"\(count)\"" : ""
                head = "<th scope=\"\(count > 1 ? "rowgroup" : "row")\"\(span)><code>\(field.name)</code></th>"
            }
            let value: Markup =
                field.unknown.map { "\(unknown("unknown")) <span class=\"soft\">\($0)</span>" }
                ?? "\(field.text)"
            rows.append(
                """
                <tr>\(head)<td class="value">\(value)</td>\
                <td class="source">\(source(field.source, of: field.name))</td></tr>

                """)
        }
        return """
            <table class="fields">
            <caption>\(caption)</caption>
            <thead><tr><th scope="col">Field</th><th scope="col">Value</th><th scope="col">Comes from</th></tr></thead>
            <tbody>
            \(rows)</tbody>
            </table>

            """
    }

    private static func source(_ source: PodExplanation.Source, of name: String) -> Markup {
        var markup = SourceBadge.markup(source.kind)
        if let position = source.position {
            markup = "\(markup) <span class=\"place\">line \(position.description)</span>"
        }
        guard let path = source.field else { return markup }
        let field = path.firstRange(of: "securityContext.").map { String(path[$0.upperBound...]) } ?? path
        return field == name || field.hasPrefix("\(name)[") ? markup : "\(markup) <code class=\"soft\">\(field)</code>"
    }
}

/// Signs that say without colour what a colour says.
enum PageIcon: String, CaseIterable {
    case good, plain, care, danger, unknown

    init(_ level: ContainerSummary.Fact.Level) {
        switch level {
        case .good: self = .good
        case .plain: self = .plain
        case .care: self = .care
        case .danger: self = .danger
        case .unknown: self = .unknown
        }
    }

    var markup: Markup {
        "<svg class=\"icon\" aria-hidden=\"true\" width=\"16\" height=\"16\"><use href=\"#icon-\(rawValue)\"/></svg>"
    }

    /// Each drawn once, to be used where it is needed.
    static var sheet: Markup {
        let symbols = allCases.map { icon -> Markup in
            "<symbol id=\"icon-\(icon.rawValue)\" viewBox=\"0 0 16 16\">\(icon.drawing)</symbol>\n"
        }
        return "<svg class=\"hidden\" aria-hidden=\"true\" width=\"0\" height=\"0\">\n\(symbols)</svg>"
    }

    private var drawing: Markup {
        switch self {
        case .good: "<path d=\"M2.5 8.5 6.3 12.2 13.5 4.2\"/>"
        case .plain: "<circle cx=\"8\" cy=\"8\" r=\"2.2\"/>"
        case .care: "<path d=\"M8 2 14.5 13.5H1.5Z M8 6.4v3.4 M8 11.6v.1\"/>"
        case .danger:
            "<path d=\"M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2L1.5 10.8V5.2Z M5.6 5.6l4.8 4.8 M10.4 5.6l-4.8 4.8\"/>"
        case .unknown: "<path d=\"M5 5.6C5 1.6 11 1.6 11 5.4 11 8 8 7.8 8 10.4 M8 13.2v.1\"/>"
        }
    }
}
