// One quiet page: ink on paper, one accent, and colour for verdicts only, each beside its word and its shape.

export const style = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfc; --panel: #f5f5f3; --ink: #1d1f21; --soft: #55595e; --rule: #d5d6d4; --grid: #e6e7e4;
  --accent: #1b5a9c; --pass: #14643a; --fail: #ae2017; --warn: #7a4f00;
  --wait: #b4691f; --wait-back: #fbeedd; --travel: #6d7278; --travel-back: #eceded; --tail: #7b3f98;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141618; --panel: #1c1f22; --ink: #e8e7e3; --soft: #abb0b6; --rule: #3a3f44; --grid: #2a2e32;
    --accent: #7db3ee; --pass: #6cd097; --fail: #ff9184; --warn: #e6b65c;
    --wait: #e0a05c; --wait-back: #3a2a17; --travel: #9aa0a7; --travel-back: #2b2f33; --tail: #c79be0;
  }
}
* { box-sizing: border-box }
html { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100% }
body { margin: 0 }
main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem }
main { padding-top: 2rem }
h1, h2, h3 { line-height: 1.25; font-weight: 650; text-wrap: balance }
h2 { font-size: 1.3rem; margin: 0 0 .75rem; padding-top: 1rem }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem }
p { margin: 0 0 .75rem; overflow-wrap: anywhere }
section { margin-bottom: 2.25rem }
a { color: var(--accent); text-underline-offset: .2em }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px }
#content:focus { outline: none }
.skip { position: absolute; left: -99rem; top: 0; padding: .6rem 1rem; background: var(--paper); z-index: 1 }
.skip:focus { left: 0 }
.patterns { position: absolute }
.soft, figcaption, caption, .run, footer { color: var(--soft) }

.verdict { --mark: var(--soft); border-left: 6px solid var(--mark); padding: .25rem 0 .25rem 1.25rem }
.verdict.pass, .verdict.ok, .verdict.improved, .status.pass, .status.ok, .status.improved { --mark: var(--pass) }
.verdict.fail, .verdict.regressed, .verdict.invalid, .status.fail, .status.regressed { --mark: var(--fail) }
.verdict.inconclusive, .verdict.noData, .verdict.interrupted, .status.inconclusive, .status.noData { --mark: var(--warn) }
.verdict.measured { --mark: var(--accent) }
.verdict h1 { font-size: 1.55rem; margin: 0 0 .5rem; overflow-wrap: anywhere }
.verdict .word { color: var(--mark); margin-right: .4rem }
.verdict .sentence { font-weight: 500; white-space: pre-wrap }
.verdict .notes { color: var(--warn); padding-left: 1.2rem }
.sign { width: .8em; height: .8em; margin-right: .4em; fill: none; stroke: var(--mark, var(--soft)); stroke-width: 3.2; stroke-linecap: round; stroke-linejoin: round }
.status { color: var(--mark, var(--soft)); font-weight: 650; white-space: nowrap }
.finding { border-left: 4px solid var(--warn); padding-left: .75rem; font-weight: 550 }

nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1.1rem; padding: .5rem 0; margin: 0 0 1rem; border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule) }
nav a { display: inline-block; padding: .35rem 0 }

.table { overflow-x: auto }
.table, .facts { margin: 0 0 1rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums }
caption { text-align: left; padding: 0 0 .4rem; font-size: .9rem }
caption span { display: block; position: sticky; left: 0; width: min(100%, 57.5rem, 100vw - 2.5rem) }
th, td { padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--grid) }
thead th { color: var(--soft); font-weight: 550; border-bottom-color: var(--rule); vertical-align: bottom }
tbody th { font-weight: 550 }
.figure { text-align: right; white-space: nowrap }
td.word, th.word { min-width: 6rem }
.facts th { width: 14rem; color: var(--soft); font-weight: 450 }
.facts td, .facts th { overflow-wrap: anywhere }
code, pre { font: .85em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace }
pre { overflow-x: auto; padding: .9rem; background: var(--panel); border: 1px solid var(--rule); border-radius: 4px }

details { margin: 0 0 .5rem }
summary { cursor: pointer; padding: .3rem 0; color: var(--accent); overflow-wrap: anywhere }
details.slow { border-top: 1px solid var(--grid); padding-top: .2rem }
details.slow > summary { color: inherit; font-variant-numeric: tabular-nums }

figure { margin: 0 0 1rem }
figcaption { margin-bottom: .6rem; font-size: .92rem }
svg[role=img] { display: block; width: 100%; height: auto; font-size: 12.5px; overflow: visible }
.narrow { display: none }
.small-charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17.5rem, 100%), 1fr)); gap: 1.25rem 1.5rem }
.small-charts figure { min-width: 0; display: flex; flex-direction: column }
.small-charts figcaption { order: -1; margin: 0; color: var(--ink); font-weight: 600; overflow-wrap: anywhere }
svg text { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round }
svg .axis text { fill: var(--soft) }
svg .axis .name { font-style: italic }
.grid line { stroke: var(--grid) }
.line { fill: none; stroke: var(--accent); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round }
.line.beside, .line.p99 { stroke-dasharray: 6 4.5 }
.line.beside { stroke: var(--soft) }
.line.p50 { stroke: var(--travel); stroke-width: 1.6 }
.line.p99 { stroke: var(--tail); stroke-width: 1.8 }
.line.max { stroke: var(--wait); stroke-width: 1.6; stroke-dasharray: .1 4 }
text.p95 { fill: var(--accent) } text.p99 { fill: var(--tail) }
.limit line { stroke: var(--soft); stroke-width: 1.6; stroke-dasharray: 2 3 }
.limit line.foot { stroke-width: 3.5; stroke-dasharray: none }
.limit.fail line { stroke: var(--fail) } .limit.fail text { fill: var(--fail) }
.limit.pass line { stroke: var(--pass) } .limit.pass text { fill: var(--pass) }
.bars .answered { fill: var(--accent); opacity: .55 }
.bars .unanswered { fill: url(#bad) }
.target line { stroke: var(--ink); stroke-dasharray: 5 4 }
.phases line { stroke: var(--soft) } .phases text { fill: var(--soft) }
.part.processing { fill: var(--accent) }
.part.queue { fill: url(#hatch); stroke: var(--wait) }
.part.transit { fill: url(#dots); stroke: var(--travel) }
.part.none { fill: var(--travel-back); stroke: var(--travel) }
.hatch-back { fill: var(--wait-back) } .hatch-line { fill: var(--wait) }
.dots-back { fill: var(--travel-back) } .dots-dot { fill: var(--travel) }
.bad-back { fill: var(--paper) } .bad-line { fill: var(--fail) }
.kind { white-space: nowrap; margin-right: .8rem }
.swatch { width: 28px; height: 14px; vertical-align: -2px }
.cursor { stroke: var(--ink); visibility: hidden }
.cursor.on { visibility: visible }
.read { margin: .25rem 0 .5rem; font-size: .92rem }
.read label { display: flex; gap: .75rem; align-items: center; flex-wrap: wrap }
.read input { flex: 1 1 10rem; min-width: 0; accent-color: var(--accent); margin: .3rem 0 }
.read output { display: block; min-height: 3.1em; font-variant-numeric: tabular-nums }
.round .a { fill: var(--paper); stroke: var(--soft); stroke-width: 2 }
.round .b { fill: var(--accent); stroke: var(--accent) }
.round line { stroke: var(--soft) }
footer { padding-bottom: 2rem; font-size: .9rem }

@media (max-width: 40rem) {
  .wide { display: none }
  .narrow { display: block }
  main { padding-top: 1.25rem }
  .verdict { padding-left: .9rem }
  .verdict.measured { --mark: var(--accent) }
.verdict h1 { font-size: 1.3rem }
  .facts th { width: 40% }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth } }
@media print { nav, .skip, .read { display: none } section { break-inside: avoid-page } }
`
