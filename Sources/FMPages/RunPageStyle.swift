extension RunPage {
  /// The style sheet for screens, in light colors, and for print.
  static let style = """
    :root { color-scheme: light; }
    body { margin: 0; background: #fff; color: #1a1a1a; font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
    h1 { font-size: 1.7rem; line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 1px solid #ccc; padding-top: 1rem; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.5rem; }
    .four { grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); }
    figure { margin: 0; min-width: 0; break-inside: avoid; } figcaption { font-size: .9rem; color: #444; }
    svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #333; }
    svg .grid { stroke: #e4e4e4; fill: none; } svg .axis { stroke: #333; fill: none; }
    svg .bar { fill: #cfe3f2; stroke: #0072b2; stroke-width: .5; }
    svg .cell { stroke: #ccc; stroke-width: .5; } svg text.light { fill: #fff; } svg text.dark { fill: #1a1a1a; }
    .legend { list-style: none; padding: 0; margin: .3rem 0; display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .9rem; }
    .legend svg { width: 28px; height: 8px; vertical-align: middle; }
    .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .95rem; }
    caption { text-align: left; font-size: .9rem; color: #444; padding: .3rem 0; }
    th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: right; font-variant-numeric: tabular-nums; }
    th:first-child { text-align: left; } tbody tr:last-child th, .note { font-style: normal; }
    .note { font-size: .9rem; color: #444; } details { font-size: .9rem; } code { overflow-wrap: anywhere; }
    @media print { body { font-size: 11px; } main { max-width: none; padding: 0; } details { display: none; }
      .wide { overflow: visible; } table { font-size: 9px; } th, td { padding: .1rem .3rem; } h2, h3 { break-after: avoid; }
      .figures { grid-template-columns: 1fr 1fr; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
    """
}
