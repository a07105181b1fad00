/// How the page of a trial's report looks: on a desk and in a hand, by day and by night, and on paper.
enum TrialPageStyle {
    static let sheet = HTML.literal(
        """
        :root {
          --ground: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5a6675; --line: #d9dee5; --faint: #edf0f4;
          --trial: #1f63d6; --control: #b4570a; --go: #1b7f47; --wait: #96690a; --stop: #bd2a2a;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #12161c; --card: #1a2029; --ink: #e4e9f0; --soft: #9aa7b8; --line: #333d4b; --faint: #242c38;
            --trial: #74a8ff; --control: #f0a35c; --go: #5bc98c; --wait: #e0b44c; --stop: #f28482;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--ground); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
          font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
        }
        main { max-width: 1120px; margin: 0 auto; padding: 32px 24px; }
        article + article { margin-top: 56px; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; font-weight: 650; }
        h2 { font-size: 1.1rem; margin: 0 0 12px; font-weight: 650; }
        p { margin: 0 0 8px; }
        .period, .note, figcaption, footer { color: var(--soft); font-size: .875rem; }
        .period { margin: 4px 0 20px; }
        .note { margin: 12px 0 0; max-width: 80ch; }
        section {
          background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; margin-top: 20px;
        }
        .verdict { border-left: 6px solid var(--tone); }
        .verdict strong {
          color: var(--tone); font-size: 1.5rem; line-height: 1.2; text-transform: uppercase; letter-spacing: .04em;
        }
        .verdict p { max-width: 80ch; margin: 6px 0 0; }
        .go { --tone: var(--go); } .wait { --tone: var(--wait); } .stop { --tone: var(--stop); }
        .pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 24px 40px; align-items: start; }
        figure { margin: 0; }
        figcaption { margin-top: 8px; }
        table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
        th { font-weight: 500; text-align: left; }
        thead th { color: var(--soft); font-size: .8125rem; vertical-align: bottom; }
        th, td { padding: 5px 8px; border-bottom: 1px solid var(--faint); vertical-align: top; }
        th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
        thead th, thead td { border-bottom-color: var(--line); }
        tbody tr:last-child > * { border-bottom: 0; }
        .numbers td, .numbers thead th, .n { text-align: right; white-space: nowrap; }
        .numbers th { overflow-wrap: normal; }
        .numbers + figure { margin-top: 24px; }
        .total > * { font-weight: 650; }
        .swatch {
          display: inline-block; width: 18px; height: 0; margin-right: 6px; vertical-align: middle;
          border-top: 3px solid var(--trial);
        }
        .swatch.control { border-top: 3px dashed var(--control); }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: .875rem; }
        .plot { display: block; width: 100%; max-width: 560px; height: auto; }
        .plot text { font-size: 12px; fill: var(--soft); }
        .plot .title { fill: var(--ink); }
        .plot .tolerated { fill: var(--stop); }
        .axis { stroke: var(--soft); stroke-width: 1; }
        .grid { stroke: var(--faint); stroke-width: 1; }
        .zero { stroke: var(--soft); stroke-width: 1.5; }
        .tolerance { stroke: var(--stop); stroke-width: 1.5; stroke-dasharray: 4 3; }
        .interval { stroke: var(--trial); stroke-width: 2.5; }
        .estimate { fill: var(--trial); }
        .curve { fill: none; stroke-width: 2.25; stroke-linejoin: round; }
        .curve.trial { stroke: var(--trial); }
        .curve.control { stroke: var(--control); stroke-dasharray: 6 3; }
        .meter { display: block; width: 100%; min-width: 56px; height: 5px; margin-top: 3px; }
        .track { fill: var(--faint); } .fill { fill: var(--trial); } .near { fill: var(--wait); } .over { fill: var(--stop); }
        .list .name { font-weight: 500; min-width: 12em; }
        .list .word { white-space: nowrap; overflow-wrap: normal; }
        .list .answer { min-width: 13em; }
        footer { margin-top: 24px; }
        @media (max-width: 800px) {
          main { padding: 20px 12px; }
          section { padding: 16px; }
          .pair { grid-template-columns: minmax(0, 1fr); }
          .list thead { display: none; }
          .list .name, .list .answer { min-width: 0; }
          .list tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); }
          .list tbody tr:last-child { border-bottom: 0; }
          .list td {
            display: grid; grid-template-columns: 8.5em minmax(0, 1fr); gap: 0 12px; align-items: baseline; border: 0;
            padding: 2px 0; text-align: left; white-space: normal;
          }
          .list td::before { content: attr(data-label); color: var(--soft); font-size: .8125rem; }
          .list td:empty { display: none; }
          .demand td.n:has(.meter) { grid-template-columns: 8.5em 4em minmax(0, 1fr); align-items: center; }
          .meter { margin: 0; }
        }
        @media (max-width: 480px) {
          .plot text { font-size: 14px; }
          h1 { font-size: 1.35rem; }
          .numbers { font-size: .875rem; }
        }
        @media print {
          :root {
            --ground: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --faint: #e4e4e4;
            --trial: #1f63d6; --control: #b4570a; --go: #1b7f47; --wait: #96690a; --stop: #bd2a2a;
          }
          body { font-size: 11pt; } main { max-width: none; padding: 0; }
          section, figure, tr { break-inside: avoid; }
          article + article { break-before: page; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }
        """)
}
