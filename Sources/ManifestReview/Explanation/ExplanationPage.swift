// SPDX-License-Identifier: Apache-2.0

/// `explain -o html`: one page that needs nothing beside it, runs no script and asks nobody for anything.
package enum ExplanationPage {
    package static func html(_ explanations: [PodExplanation], version: String) -> String {
        page(explanations, version: version).text
    }

    private static func page(_ pods: [PodExplanation], version: String) -> Markup {
        let title = pods.count == 1 ? "\(pods[0].kind) \(pods[0].name)" : "\(pods.count) pods"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>\(title): effective security context</title>
            <style>\(styleSheet)</style>
            </head>
            <body>
            \(PageIcon.sheet)
            <header class="top">
            <p class="mark">holdfast explain</p>
            <h1>Effective security context</h1>
            <p class="lead">\(lead(pods))</p>
            </header>
            <main>
            \(pods.count > 1 ? contents(pods) : "")\
            \(pods.enumerated().map { PodPart(pod: $1, id: "pod-\($0 + 1)").markup })\
            </main>
            <footer>
            \(legend)
            <p>Made by holdfast \(version) from the manifest and the images that are here. Nothing was run to make it.</p>
            </footer>
            </body>
            </html>

            """
    }

    private static func lead(_ pods: [PodExplanation]) -> Markup {
        let containers = pods.reduce(0) { $0 + $1.containers.count }
        let nodes = Set(pods.map(\.node)).sorted().joined(separator: "; ")
        let whose = pods.count == 1 ? "this pod" : "\(pods.count) pods"
        let what =
            containers == 0
            ? whose : "\(containers == 1 ? "the container" : "the \(containers) containers") of \(whose)"
        return """
            What \(what) will be and may do on a node with <strong>\(nodes)</strong>, and where each value comes from.
            """
    }

    private static func contents(_ pods: [PodExplanation]) -> Markup {
        let items = pods.enumerated().map { index, pod -> Markup in
            let refused: Markup = pod.refusal == nil ? "" : " <span class=\"refused\">does not start</span>"
            return """
                <li><a href="#pod-\(index + 1)">\(pod.kind) <b>\(pod.name)</b></a> \
                <span class="soft">\(pod.namespace)</span>\(refused)</li>

                """
        }
        return """
            <nav aria-label="Pods">
            <ol class="contents">
            \(items)</ol>
            </nav>

            """
    }

    private static let legend: Markup = {
        let rows = PodExplanation.Source.Kind.allCases.map { kind -> Markup in
            "<div><dt>\(SourceBadge.markup(kind))</dt><dd>\(SourceBadge.meaning(kind))</dd></div>\n"
        }
        return """
            <details class="legend">
            <summary>Where a value can come from</summary>
            <dl>
            \(rows)</dl>
            </details>
            """
    }()
}

/// The sign of where a value comes from.
enum SourceBadge {
    static func markup(_ kind: PodExplanation.Source.Kind) -> Markup {
        "<span class=\"from from-\(family(kind))\">\(name(kind))</span>"
    }

    static func name(_ kind: PodExplanation.Source.Kind) -> String {
        switch kind {
        case .container: "container"
        case .pod: "pod"
        case .image: "image"
        case .imagePasswd: "/etc/passwd"
        case .imageGroup: "/etc/group"
        case .node: "node"
        case .kubernetes: "Kubernetes"
        case .unknown: "unknown"
        }
    }

    static func meaning(_ kind: PodExplanation.Source.Kind) -> String {
        switch kind {
        case .container: "a field of the container, written in the manifest"
        case .pod: "a field of the pod, written in the manifest"
        case .image: "the configuration of the container's image"
        case .imagePasswd: "the file of that name in the image"
        case .imageGroup: "the file of that name in the image"
        case .node: "a default of the node: its kubelet, runtime or kernel"
        case .kubernetes: "a default of Kubernetes: the field is not written"
        case .unknown: "only something that is not here can tell"
        }
    }

    /// Manifest, image, default: those that look alike.
    private static func family(_ kind: PodExplanation.Source.Kind) -> String {
        switch kind {
        case .container, .pod: "manifest"
        case .image, .imagePasswd, .imageGroup: "image"
        case .node, .kubernetes: "default"
        case .unknown: "unknown"
        }
    }
}
