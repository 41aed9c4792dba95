// SPDX-License-Identifier: Apache-2.0

extension ExplanationPage {
    /// Colours are named once for each scheme; all text has a contrast of at least 4.5 to 1 (WCAG 2.2, AA).
    static let styleSheet: Markup = """

        :root {
          color-scheme: light dark;
          --page: #fafaf8; --sheet: #ffffff; --ink: #1b2026; --soft: #57606a; --line: #e2e4e8; --accent: #1a5a9e;
          --good: #17653a; --good-back: #e9f4ed; --care: #7a4800; --care-back: #fcf2df;
          --danger: #a01822; --danger-back: #fcebeb; --manifest: #174f8c; --manifest-back: #e8f0fa;
          --image: #5a3a9a; --image-back: #f1ecfa; --plain-back: #f0f1f3;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #13161a; --sheet: #1a1e23; --ink: #e5e8eb; --soft: #a4aeb8; --line: #2e343b; --accent: #8fc0f5;
            --good: #82d3a2; --good-back: #16301f; --care: #efc470; --care-back: #33280f;
            --danger: #ffa19c; --danger-back: #401c1d; --manifest: #98c5f7; --manifest-back: #17293e;
            --image: #c8b4ff; --image-back: #2b2344; --plain-back: #262b31;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
        body {
          margin: 0 auto; padding: 3rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 80rem; background: var(--page);
          color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
          overflow-wrap: break-word;
        }
        code { overflow-wrap: anywhere; }
        code, .mask, .place { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; }
        code, .mask { font-size: .875em; }
        a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: .06em; }
        a:focus-visible, summary:focus-visible { outline: .15rem solid var(--accent); outline-offset: .15rem; }
        h1, h2, h3, h4, p, dl, dd, ul, ol, table { margin: 0; padding: 0; }
        ul, ol { list-style: none; }
        h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; }
        .soft, small { color: var(--soft); }
        .hidden {
          position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
          white-space: nowrap;
        }
        .icon {
          flex: none; width: 1em; height: 1em; fill: none; stroke: currentColor; stroke-width: 1.7;
          stroke-linecap: round; stroke-linejoin: round; vertical-align: -.13em;
        }

        .top { margin-bottom: 2.5rem; }
        .mark { color: var(--accent); font-weight: 600; font-size: .9rem; letter-spacing: .02em; margin-bottom: .35rem; }
        .top h1 { font-size: clamp(1.7rem, 4vw, 2.3rem); font-weight: 650; letter-spacing: -.02em; }
        .lead { margin-top: .6rem; color: var(--soft); font-size: 1.1rem; max-width: 46rem; }
        .lead strong { color: var(--ink); font-weight: 600; }
        .contents {
          display: grid; gap: .35rem 2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
          margin-bottom: 2.5rem;
        }
        .refused { color: var(--danger); font-weight: 600; }

        .pod {
          background: var(--sheet); border: 1px solid var(--line); border-radius: .75rem;
          padding: clamp(1.1rem, 3vw, 2.5rem); margin-bottom: 2.5rem;
        }
        .pod h2 { font-size: clamp(1.4rem, 3vw, 1.75rem); font-weight: 650; letter-spacing: -.01em; }
        .kind { color: var(--soft); font-weight: 400; }
        .facts-line { display: flex; flex-wrap: wrap; gap: .2rem 1.75rem; margin-top: .5rem; font-size: .95rem; }
        .facts-line div { display: flex; flex-wrap: wrap; gap: 0 .5rem; }
        .facts-line dt { color: var(--soft); }
        .pod > section { margin-top: 2.5rem; }
        .pod h3 { font-size: 1.25rem; font-weight: 650; margin-bottom: .9rem; }
        .pod .container { border-top: 1px solid var(--line); padding-top: 2.5rem; margin-top: 3rem; }
        .container h3 { font-size: 1.45rem; margin-bottom: 0; }
        .container h4 { font-size: 1.05rem; font-weight: 650; margin: 2.25rem 0 .8rem; }

        .refusal {
          display: flex; gap: .75rem; margin-top: 1.25rem; padding: 1rem 1.15rem; border-radius: .5rem;
          color: var(--danger); background: var(--danger-back); border: 1px solid currentColor;
        }
        .refusal .icon { margin-top: .3rem; }
        .refusal p { color: var(--ink); }

        .fact { display: inline-flex; gap: .45em; font-weight: 550; color: var(--ink); }
        .fact .icon { margin-top: .28em; }
        .fact small { display: block; font-weight: 400; font-size: .84rem; line-height: 1.35; }
        .good .icon, .good.icon { color: var(--good); }
        .care .icon { color: var(--care); }
        .danger .icon { color: var(--danger); }
        .plain .icon, .unknown .icon { color: var(--soft); }
        .fact.danger { color: var(--danger); }
        .fact.care { color: var(--care); }
        .fact.unknown { color: var(--soft); font-style: italic; }
        .strip { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1.1rem; }
        .strip .fact { padding: .3rem .8rem; border-radius: 1.2rem; background: var(--plain-back); font-size: .95rem; }
        .strip .fact.good { background: var(--good-back); color: var(--good); }
        .strip .fact.care { background: var(--care-back); }
        .strip .fact.danger { background: var(--danger-back); }
        .strip .fact small { display: inline; }
        .strip .fact small::before { content: "· "; }
        .glance .strip { margin: 0 0 1.25rem; }

        table { border-collapse: collapse; width: 100%; font-size: .95rem; }
        caption { text-align: left; color: var(--soft); font-size: .9rem; padding-bottom: .5rem; }
        th, td { text-align: left; vertical-align: top; padding: .42rem 1rem .42rem 0; border-top: 1px solid var(--line); }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .85rem; padding-top: 0; }
        tbody th { font-weight: 500; }
        .fields, .kernel, .rows { table-layout: fixed; overflow-wrap: anywhere; }
        .fields th { width: 19rem; }
        .fields th:nth-child(3), .fields .source { width: 21rem; }
        .kernel th:first-child { width: 19rem; }
        .kernel tbody th .soft { display: block; font-weight: 400; font-size: .85rem; }
        .glance tbody th { min-width: 8.5rem; }
        .glance tbody th a { display: block; font-weight: 600; }
        .glance tbody th .kind { font-size: .85rem; }
        .glance td .fact + .fact { margin-top: .2rem; }
        .glance td:last-child .fact { display: flex; }
        .glance th, .glance td { padding-top: .7rem; padding-bottom: .7rem; padding-right: .8rem; }
        .glance td { min-width: 7.6rem; }
        .glance .fact small { max-width: 13rem; }
        .glance td[colspan] .fact small { max-width: 42rem; }
        .glance td:last-child .fact { white-space: nowrap; }
        .glance td:last-child .fact small { white-space: normal; }
        .mounts tbody th code, .rows tbody th code { font-weight: 600; }
        .rows th:nth-child(1) { width: 15rem; }
        .rows th:nth-child(4), .rows th:nth-child(5) { width: 7rem; }
        .mounts th:nth-child(3) { width: 19rem; }
        .mounts th:nth-child(4) { width: 15rem; }

        .from {
          display: inline-block; padding: 0 .6em; border-radius: .3rem; font-size: .85rem; font-weight: 550;
          line-height: 1.6; border: 1px solid transparent; white-space: nowrap;
        }
        .from-manifest { color: var(--manifest); background: var(--manifest-back); }
        .from-image { color: var(--image); background: var(--image-back); }
        .from-default { color: var(--soft); border-color: var(--line); }
        .from-unknown { color: var(--care); border: 1px dashed currentColor; }
        .place { font-size: .82rem; color: var(--soft); white-space: nowrap; }
        .not-known { color: var(--care); font-style: italic; }
        .mask { display: inline-block; color: var(--soft); margin-right: .5rem; }
        .chips { display: flex; flex-wrap: wrap; gap: .35rem; margin-top: .4rem; }
        .chips li {
          padding: 0 .55em; border-radius: .3rem; background: var(--plain-back); font-size: .82rem; line-height: 1.75;
          font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace;
        }
        .chips .danger { color: var(--danger); background: var(--danger-back); font-weight: 600; }
        .chips .icon { margin-right: .35em; }
        .access { color: var(--soft); }
        .access.writable { font-weight: 600; color: var(--ink); }

        .findings { display: grid; gap: .6rem; }
        .finding { display: flex; gap: .75rem; padding: .8rem 1rem; border-radius: .5rem; background: var(--plain-back); }
        .finding.care { background: var(--care-back); }
        .finding.danger { background: var(--danger-back); }
        .finding > .icon { margin-top: .3rem; }
        .finding p + p { margin-top: .2rem; font-size: .95rem; }
        .severity { font-weight: 650; }
        .severity::after { content: ":"; }
        .finding.care .severity { color: var(--care); }
        .finding.danger .severity { color: var(--danger); }

        details, .none { margin-top: .6rem; }
        summary { cursor: pointer; width: fit-content; }
        .none { color: var(--care); }
        .dangers summary { color: var(--danger); font-weight: 550; }
        .dangers dl, .legend dl { display: grid; gap: .35rem 1.5rem; margin: .5rem 0 .75rem; }
        .dangers dl { grid-template-columns: repeat(auto-fill, minmax(min(100%, 32rem), 1fr)); padding-left: 1.1rem; }
        .dangers dl div, .legend dl div { display: grid; grid-template-columns: 10rem 1fr; gap: 0 1rem; }
        .paths { columns: 16rem; gap: 2rem; padding: .4rem 0 .5rem 1.1rem; }
        footer { color: var(--soft); font-size: .9rem; display: grid; gap: .75rem; }

        @media (max-width: 60rem) {
          .glance thead, .rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .glance table, .glance tbody, .rows, .rows tbody, .rows caption { display: block; }
          .glance tr { display: flex; flex-wrap: wrap; gap: .35rem 1.2rem; padding: .9rem 0; border-top: 1px solid var(--line); }
          .glance th, .glance td { padding: 0; border: 0; }
          .glance tbody th { flex: 1 0 100%; }
          .glance tbody th a { display: inline; margin-right: .5rem; }
          .rows tr { display: grid; gap: .15rem; padding: .7rem 0; border-top: 1px solid var(--line); }
          .rows th, .rows td { padding: 0; border: 0; }
          .rows tbody th { width: auto; font-weight: 600; }
          .rows td { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .5rem; }
          .glance td.empty { display: none; }
          .rows td::before { content: attr(data-label); color: var(--soft); font-size: .85rem; }
        }
        @media (max-width: 40rem) {
          body { padding-top: 1.5rem; }
          .fields thead, .kernel thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .fields, .fields tbody, .fields caption, .kernel, .kernel tbody, .kernel caption { display: block; }
          .fields tr, .kernel tr { display: block; padding: .15rem 0; }
          .fields th, .fields td, .kernel th, .kernel td, .fields .source { display: block; width: auto; padding: 0; border: 0; }
          .fields tbody th, .kernel tbody th { border-top: 1px solid var(--line); padding-top: .5rem; }
          .fields .value, .fields .source { display: inline-block; padding: 0 .75rem .35rem 0; }
          .kernel td { padding-bottom: .5rem; }
          .rows td { grid-template-columns: 6.5rem minmax(0, 1fr); }
          .legend dl div { grid-template-columns: 7rem 1fr; }
          .dangers dl div { grid-template-columns: 1fr; }
        }
        @media print {
          :root {
            color-scheme: light;
            --page: #ffffff; --sheet: #ffffff; --ink: #000000; --soft: #45505b; --line: #c4c8cc; --accent: #123f70;
            --good: #17653a; --good-back: #ffffff; --care: #7a4800; --care-back: #ffffff;
            --danger: #a01822; --danger-back: #ffffff; --manifest: #174f8c; --manifest-back: #ffffff;
            --image: #5a3a9a; --image-back: #ffffff; --plain-back: #ffffff;
          }
          body { padding: 0; max-width: none; font-size: 10pt; }
          .pod { border: 0; padding: 0; }
          .pod + .pod { break-before: page; }
          h2, h3, h4, caption { break-after: avoid; }
          tr, .finding, .refusal { break-inside: avoid; }
          .from, .chips li, .strip .fact, .finding { border: 1px solid var(--line); }
          details::details-content { content-visibility: visible; block-size: auto; }
        }

        """
}
