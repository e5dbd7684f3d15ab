extension RunPage {
  /// The style sheet for screens, in light and in dark colors, and for print. Grids and bars are
  /// translucent and labels of a middle gray, which stay legible where a browser darkens a page by
  /// itself and leaves parts of pictures as they are.
  static let style = """
    :root { color-scheme: light dark; --back: #fff; --text: #1a1a1a; --soft: #4a4a4a; --rule: #d4d4d4; --grid: rgba(128, 128, 128, .25);
      --bar: rgba(128, 128, 128, .3); --label: #6e6e6e; --heat: 0, 114, 178; --warn: #8a1c00; --warn-back: #fdf0ea; --link: #00598c; --guide: #767676;
      --c0: #0072b2; --c1: #d55e00; --c2: #008f6b; --c3: #a0459a; --c4: #a87400; --c5: #2a8fc0; --c6: #c2416b; --ink: #5c5c5c; }
    @media screen and (prefers-color-scheme: dark) { :root { --back: #14171a; --text: #ececec; --soft: #b9bdc2;
      --rule: #3b4148; --label: #b9bdc2; --heat: 70, 150, 205; --warn: #ffb59c; --warn-back: #33201a;
      --link: #8cc8f0; --guide: #9a9a9a; --c0: #56b4e9; --c1: #ff8f45; --c2: #2fd0a0; --c3: #e08ad8; --c4: #e6b422;
      --c5: #a9d4ff; --c6: #ff9db5; --ink: #ececec; } }
    body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 80rem; margin: 0 auto; padding: 1rem; } a { color: var(--link); }
    h1 { font-size: 1.7rem; line-height: 1.2; margin-bottom: .3rem; overflow-wrap: anywhere; }
    h2 { margin-top: 2.5rem; border-top: 1px solid var(--rule); padding-top: 1rem; line-height: 1.25; }
    h3 { margin: 1.6rem 0 .6rem; line-height: 1.3; overflow-wrap: anywhere; }
    p, ul { max-width: 50rem; overflow-wrap: break-word; } nav { font-size: .95rem; } nav a { display: inline-block; margin-right: 1rem; padding: .2rem 0; white-space: nowrap; }
    .lead { font-size: 1.15rem; } .meta, .note, figcaption, .caption { font-size: .9rem; color: var(--soft); }
    .warning { border-left: 4px solid var(--warn); background: var(--warn-back); color: var(--warn); padding: .5rem .8rem; }
    .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 23rem)); gap: 1.5rem; align-items: start; }
    figure { margin: 0; min-width: 0; break-inside: avoid; }
    svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--label); }
    svg text.count { font-size: 9px; } svg .grid { stroke: var(--grid); fill: none; } svg .axis { stroke: var(--label); fill: none; }
    svg .bar { fill: var(--bar); stroke: var(--guide); stroke-width: .5; }
    svg .line { fill: none; stroke: currentColor; stroke-width: 2; } svg .thin { stroke-width: 1; } svg circle { fill: currentColor; }
    .guide { color: var(--guide); } .ink { color: var(--ink); } .c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); }
    .c4 { color: var(--c4); } .c5 { color: var(--c5); } .c6 { color: var(--c6); }
    .dot { display: inline-block; width: .65em; height: .65em; border-radius: 50%; background: currentColor; margin-right: .4em; }
    .legend { list-style: none; padding: 0; margin: .3rem 0; display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .9rem; }
    .legend svg { width: 28px; height: 8px; vertical-align: middle; }
    .pair { display: flex; flex-wrap: wrap; gap: 0 3rem; align-items: flex-start; } .pair > * { min-width: 0; max-width: 100%; }
    .wide { overflow-x: auto; max-width: max-content; margin: .2rem 0 .8rem; } .wide:focus-visible { outline: 2px solid var(--link); }
    table { border-collapse: separate; border-spacing: 0; font-size: .95rem; }
    .caption { margin: .8rem 0 0; }
    th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--rule); text-align: right; font-variant-numeric: tabular-nums; }
    thead th { vertical-align: bottom; } .text { text-align: left; min-width: 9rem; }
    th:first-child { text-align: left; font-weight: 600; position: sticky; left: 0; background: var(--back); }
    tbody th { min-width: 7.5rem; } td.heat { background-color: rgba(var(--heat), calc(var(--s) * .6)); text-align: center; }
    details { font-size: .9rem; margin: .4rem 0; }
    select { font: inherit; max-width: 100%; padding: .2rem; color: inherit; background: var(--back); }
    @media (max-width: 40rem) { th:first-child { min-width: 6rem; max-width: 10rem; overflow-wrap: break-word; } th, td { padding: .25rem .4rem; } }
    @media (forced-colors: active) { svg text { fill: CanvasText; } td.heat, .dot, svg { forced-color-adjust: none; }
      svg .axis { stroke: CanvasText; } td.heat { color: CanvasText; } }
    @media print { :root { font-size: 11px; } body { font-size: 1rem; } main { max-width: none; padding: 0; }
      details, nav, .search { display: none; } .wide { overflow: visible; max-width: none; } table { font-size: .85rem; }
      th, td { padding: .1rem .3rem; } th:first-child { position: static; } .figures { grid-template-columns: 1fr 1fr 1fr; gap: 1rem; }
      h2, h3, .caption, h2 + p, h3 + p { break-after: avoid; } .figures, .pair { break-before: avoid; }
      tr, li, p, .pair { break-inside: avoid; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
    """
}
