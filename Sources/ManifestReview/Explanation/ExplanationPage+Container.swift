// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import SecurityPolicy

/// The part of the page that is about one container.
struct ContainerPart {
    let container: ContainerExplanation
    let pod: PodExplanation
    let id: String

    var markup: Markup {
        let summary = ContainerSummary(container, of: pod)
        let strip = PageParts.strip(summary.facts + summary.others, label: "Summary of \(container.name)")
        let line: Markup =
            container.position.map { "<div><dt>Line</dt><dd><code>\($0.description)</code></dd></div>\n" } ?? ""
        return """
            <section class="container" id="\(id)" aria-labelledby="\(id)-name">
            <h3 id="\(id)-name"><span class="kind">\(container.kind)</span> \(container.name)</h3>
            <dl class="facts-line">
            <div><dt>Image</dt><dd><code>\(container.image)</code> \(imagePlace)</dd></div>
            \(line)</dl>
            \(container.refusal.map(PageParts.refusal) ?? "")\
            \(summary.facts.isEmpty && summary.others.isEmpty ? "" : strip)\
            \(findings)\(fields)\(kernel)\
            </section>

            """
    }

    private var imagePlace: Markup {
        container.isImageHere
            ? "<span class=\"soft\">is here and was looked into</span>"
            : PageParts.unknown("not here: what it decides is not known")
    }

    private var findings: Markup {
        guard !container.findings.isEmpty else { return "" }
        let items = container.findings.sorted { $0.severity < $1.severity }.map { problem -> Markup in
            let icon: PageIcon = problem.severity == .error ? .danger : problem.severity == .warning ? .care : .plain
            let place: Markup =
                problem.position.map { "<span class=\"place\">line \($0.description)</span>" } ?? ""
            let remedy: Markup = problem.remedy.map { "<p class=\"remedy\"><b>Remedy</b> \($0)</p>\n" } ?? ""
            return """
                <li class="finding \(icon.rawValue)">\(icon.markup)<div>
                <p><b class="severity">\(problem.severity.rawValue)</b> \(problem.message)</p>
                \(remedy)<p class="soft"><code>\(problem.id)</code> \(place)</p>
                </div></li>

                """
        }
        return """
            <h4>Findings</h4>
            <ul class="findings">
            \(items)</ul>

            """
    }

    private var fields: Markup {
        guard !container.fields.isEmpty else { return "" }
        return """
            <h4>Effective fields</h4>
            \(PageParts.fields(container.fields, caption: "Every field as it will hold for \(container.name)"))
            """
    }

    private var kernel: Markup {
        guard let kernel = container.kernel else { return "" }
        return """
            <h4>What the kernel will show</h4>
            \(KernelPart(kernel: kernel, fields: container.fields, name: container.name).markup)
            """
    }
}

/// What `/proc` will show of a container's first process.
struct KernelPart {
    let kernel: KernelPrediction
    let fields: [PodExplanation.Field]
    let name: String

    var markup: Markup {
        """
        <table class="kernel">
        <caption>/proc/PID/status of the first process</caption>
        <thead><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead>
        <tbody>
        \(row("Uid", kernel.uid.map { "\(String($0))" } ?? unknown("runAsUser", "the image's USER decides")))\
        \(row("Gid", kernel.gid.map { "\(String($0))" } ?? unknown("runAsGroup", "the image's /etc/passwd decides")))\
        \(row("Groups", groups))\
        \(capabilityRows)\
        \(row("NoNewPrivs", kernel.noNewPrivileges
            ? "1 <span class=\"soft\">no program can give more privileges</span>"
            : "0 <span class=\"soft\">set-user-ID programs and file capabilities have their effect</span>"))\
        \(row("Seccomp", "\(kernel.hasFilter ? "2" : "0") <span class=\"soft\">\(kernel.hasFilter ? "filter" : "disabled"): \(kernel.systemCalls.text)</span>"))\
        </tbody>
        </table>
        \(dangers)\
        \(paths("masked path", kernel.maskedPaths, "reads as empty or not at all"))\
        \(paths("read-only path", kernel.readOnlyPaths, "cannot be written"))\
        \(mounts)
        """
    }

    private func row(_ name: String, _ value: Markup) -> Markup {
        "<tr><th scope=\"row\"><code>\(name)</code></th><td>\(value)</td></tr>\n"
    }

    /// The reason that the field has, or else another.
    private func unknown(_ field: String, _ reason: String) -> Markup {
        let reason = fields.lazy.filter { $0.name == field }.compactMap(\.unknown).first ?? reason
        return "\(PageParts.unknown("unknown")) <span class=\"soft\">\(reason)</span>"
    }

    private var groups: Markup {
        guard let groups = kernel.groups else {
            let known = fields.filter { $0.name == "supplementalGroups" && $0.unknown == nil }.map(\.text)
            let some: Markup = known.isEmpty ? "" : "\(known.joined(separator: " ")) and "
            return "\(some)\(unknown("supplementalGroups", "the image's /etc/group may add some"))"
        }
        return groups.isEmpty ? "none" : "\(groups.map { String($0) }.joined(separator: " "))"
    }

    /// Sets that are alike share a row.
    private var capabilityRows: [Markup] {
        let sets: [(String, [String]?)] = [
            ("CapInh", kernel.inheritable), ("CapPrm", kernel.permitted), ("CapEff", kernel.effective),
            ("CapBnd", kernel.bounding), ("CapAmb", kernel.ambient),
        ]
        var groups: [(names: [String], value: [String]?)] = []
        for (name, value) in sets {
            if let index = groups.firstIndex(where: { $0.value == value }) {
                groups[index].names.append(name)
            } else {
                groups.append(([name], value))
            }
        }
        return groups.map { group in
            """
            <tr><th scope="row">\(group.names.map { "<code>\($0)</code> " as Markup })\
            <span class="soft">\(group.names.map { Self.words[$0]! }.joined(separator: ", "))</span></th>\
            <td>\(Self.set(group.value))</td></tr>

            """
        }
    }

    private static let words = [
        "CapInh": "inheritable", "CapPrm": "permitted", "CapEff": "effective", "CapBnd": "bounding",
        "CapAmb": "ambient",
    ]

    private static func set(_ names: [String]?) -> Markup {
        guard let names else {
            return "\(PageParts.unknown("unknown")) <span class=\"soft\">depends on the image's USER</span>"
        }
        let mask = names.compactMap { name in
            CapabilitySet.names.firstIndex(of: name).map { CapabilitySet(number: UInt32($0)) }
        }.reduce(into: CapabilitySet()) { $0.formUnion($1) }
        let digits: Markup = "<code class=\"mask\">\(mask.description)</code>"
        guard !names.isEmpty else { return "\(digits) none" }
        let dangers = Set(CapabilityDanger.all.map(\.name))
        let chips = names.map { name -> Markup in
            dangers.contains(name)
                ? "<li class=\"danger\">\(PageIcon.danger.markup)<span class=\"hidden\">danger: </span>\(name)</li>\n"
                : "<li>\(name)</li>\n"
        }
        let list: Markup = "<ul class=\"chips\">\n\(chips)</ul>"
        guard names.count > 20 else { return "\(digits)\(list)" }
        let missing = CapabilitySet.names.filter { !names.contains($0) }
        let words =
            missing.isEmpty
            ? "all of them"
            : missing.count <= 3 ? "all but \(missing.joined(separator: ", "))" : "all but \(missing.count)"
        return """
            \(digits)
            <details><summary>\(names.count) capabilities: \(words)</summary>
            \(list)</details>
            """
    }

    /// What the marked capabilities are good for.
    private var dangers: Markup {
        let held = Set((kernel.permitted ?? []) + kernel.bounding)
        let dangers = CapabilityDanger.all.filter { held.contains($0.name) }
        guard !dangers.isEmpty else { return "" }
        let rows = dangers.map { "<div><dt><code>\($0.name)</code></dt><dd>\($0.effect)</dd></div>\n" as Markup }
        return """
            <details class="dangers"\(dangers.count <= 4 ? " open" : "" as Markup)>
            <summary>\(PageIcon.danger.markup) \(dangers.count == 1 ? "1 capability reaches" : "\(dangers.count) capabilities reach") \
            beyond the container</summary>
            <dl>
            \(rows)</dl>
            </details>

            """
    }

    private func paths(_ what: String, _ paths: [String], _ meaning: String) -> Markup {
        guard !paths.isEmpty else {
            return """
                <p class="none">\(PageIcon.care.markup) No \(what)s</p>

                """
        }
        return """
            <details>
            <summary>\(paths.count) \(what)\(paths.count == 1 ? "" : "s") <span class="soft">\(meaning)</span></summary>
            <ul class="paths">
            \(paths.map { "<li><code>\($0)</code></li>\n" as Markup })</ul>
            </details>

            """
    }

    private var mounts: Markup {
        let mounts = kernel.mounts.filter { $0.what != "masked path" && $0.what != "read-only path" }
        guard !mounts.isEmpty else { return "" }
        let rows = mounts.map { mount -> Markup in
            let writers = mount.writers.hasPrefix("not known") ? "by whom is \(mount.writers)" : "by \(mount.writers)"
            let access: Markup =
                mount.isWritable
                ? "<span class=\"access writable\">writable</span> <span class=\"soft\">\(writers)</span>"
                : "<span class=\"access\">read-only</span>"
            let flags = mount.flags.joined(separator: ", ")
            let propagation: Markup =
                mount.propagation == "private" ? "" : ", <b>\(mount.propagation)</b>"
            return """
                <tr><th scope="row"><code>\(mount.path)</code></th><td data-label="What it is">\(mount.what)</td>\
                <td data-label="Access"><div>\(access)</div></td>\
                <td data-label="Type and flags"><div><code>\(mount.type)</code> <span class="soft">\(flags)\(propagation)</span></div></td></tr>

                """
        }
        return """
            <h4>Mounts</h4>
            <table class="rows mounts">
            <caption>/proc/PID/mountinfo of \(name), without masked and read-only paths</caption>
            <thead><tr><th scope="col">Path</th><th scope="col">What it is</th><th scope="col">Access</th>\
            <th scope="col">Type and flags</th></tr></thead>
            <tbody>
            \(rows)</tbody>
            </table>

            """
    }
}
