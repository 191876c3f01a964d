/** The style sheet of the page: system fonts, light or dark like the reader's system, plain on paper. */
export const STYLE = `
:root { color-scheme: light dark; --page: #ffffff; --panel: #f5f6f8; --text: #1a1d21; --quiet: #515a64; --line: #d9dde2;
  --link: #0b57a4; --warn-page: #fff6e3; --warn-text: #563a00; --warn-line: #d99a1c; --over: #a1260d;
  --metered: #1f5fa8; --self-hosted: #0f9184; --subscription: #b3bcc9; --caller-key: #d8c3a5; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --panel: #1e2226; --text: #e8eaed; --quiet: #a9b2bc; --line: #373d44;
    --link: #8ab8f0; --warn-page: #35270a; --warn-text: #ffdc9b; --warn-line: #b07a10; --over: #ffab98;
    --metered: #6aa5ea; --self-hosted: #45c0b0; --subscription: #5c6876; --caller-key: #7d6a4c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 4rem; background: var(--page);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 0.25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.75rem 0 0.6rem; overflow-wrap: anywhere; }
h3 { font-size: 1.1rem; line-height: 1.3; margin: 1.5rem 0 0.5rem; overflow-wrap: anywhere; }
p { margin: 0.25rem 0 0.75rem; max-width: 72ch; overflow-wrap: anywhere; }
a { color: var(--link); }
.skip { position: absolute; left: 0.5rem; top: -4rem; padding: 0.5rem 1rem; background: var(--page); border: 2px solid var(--link); z-index: 2; }
.skip:focus { top: 0.5rem; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.quiet { color: var(--quiet); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; margin: 1rem 0 0; padding: 0.6rem 0; list-style: none; font-size: 0.9rem;
  border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
nav li { max-width: 100%; overflow-wrap: anywhere; }
nav a { display: inline-block; padding: 0.25rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav + main h2#total { margin-top: 1.5rem; }
.hero { margin: 0; max-width: none; }
.hero span:first-child { display: block; color: var(--quiet); }
.hero strong { font-size: 2.75rem; line-height: 1.15; font-weight: 650; font-variant-numeric: tabular-nums; }
.lead { font-size: 1.1rem; margin: 1rem 0; }
.stats, .facts { display: flex; flex-wrap: wrap; gap: 0.75rem 1.75rem; margin: 1rem 0; }
.stats { padding: 0.9rem 1.1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--panel); }
.stats dt, .facts dt { color: var(--quiet); font-size: 0.85rem; }
.stats dd, .facts dd { margin: 0; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.facts { margin: 0.5rem 0; }
.facts dd { font-size: 1.05rem; }
.facts dd.phrase { font-weight: 400; }
.status { margin: 0.75rem 0; padding: 0.6rem 1rem; max-width: none; border: 1px solid var(--line); border-left-width: 0.4rem; border-radius: 0.5rem; background: var(--panel); }
.status.preliminary { border-color: var(--warn-line); }
.lacks { margin: 1rem 0; padding: 0.75rem 1rem; border: 1px solid var(--warn-line); border-left-width: 0.4rem; border-radius: 0.5rem;
  background: var(--warn-page); color: var(--warn-text); }
.lacks p { margin: 0; font-weight: 600; }
.lacks ul { margin: 0.25rem 0 0; padding-left: 1.25rem; }
figure { margin: 0.5rem 0; }
.chart { display: block; width: 100%; height: auto; }
.few { max-width: 40rem; }
.chart text { font: 12px system-ui, sans-serif; }
.narrow { display: none; }
text.chart-text { fill: var(--quiet); }
path.chart-line { fill: none; stroke: var(--line); stroke-width: 1; }
path.chart-metered { fill: var(--metered); }
path.chart-self-hosted { fill: var(--self-hosted); }
path.chart-subscription { fill: var(--subscription); }
path.chart-caller-key { fill: var(--caller-key); }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0.25rem 0 0.5rem; padding: 0; list-style: none; font-size: 0.85rem; color: var(--quiet); }
.swatch { display: inline-block; width: 0.8rem; height: 0.8rem; margin-right: 0.4rem; border-radius: 0.15rem; print-color-adjust: exact; }
.swatch.chart-metered { background: var(--metered); }
.swatch.chart-self-hosted { background: var(--self-hosted); }
.swatch.chart-subscription { background: var(--subscription); }
.swatch.chart-caller-key { background: var(--caller-key); }
details { margin: 0.5rem 0; }
summary { cursor: pointer; color: var(--link); padding: 0.25rem 0; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.5rem; margin: 0.5rem 0 1rem; }
.scroll + p { margin-top: 0.75rem; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
.scroll:has(> table.small) { width: fit-content; max-width: 100%; }
table.small { width: auto; }
.scroll > table.small { min-width: min(100%, 32rem); }
caption { padding: 0.5rem; text-align: left; color: var(--quiet); }
caption > span { overflow-wrap: anywhere; position: sticky; left: 0.5rem; display: block; width: fit-content; max-width: min(70ch, 100vw - 3.5rem); }
th, td { padding: 0.35rem 0.5rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { background: var(--panel); vertical-align: bottom; font-weight: 600; }
thead th:first-child { overflow-wrap: anywhere; }
tbody th { font-weight: 400; }
tfoot th, tfoot td { border-top: 2px solid var(--quiet); background: var(--panel); font-weight: 600; }
.scroll th:first-child { position: sticky; left: 0; background: var(--page); }
.scroll thead th:first-child, .scroll tfoot th:first-child { background: var(--panel); }
tr.unallocated > * { border-top: 2px solid var(--quiet); font-style: italic; }
tr.owing > *, .scroll tr.owing > th:first-child { background: var(--warn-page); color: var(--warn-text); font-weight: 600; }
tr.owing .gap { color: inherit; }
.name { min-width: 9rem; max-width: 26rem; overflow-wrap: anywhere; }
.small .name { min-width: 8rem; }
.book .name { min-width: 11rem; max-width: 18rem; }
.book td:not(.figure) { max-width: 16rem; overflow-wrap: anywhere; }
.book td.month, .book td.time { white-space: nowrap; }
.allocated .name { min-width: 8.5rem; }
.allocated td:not(.figure) { min-width: 5.5rem; max-width: 12rem; overflow-wrap: anywhere; }
.name bdi { display: inline-block; max-width: 100%; vertical-align: top; }
.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.over { color: var(--over); font-weight: 600; }
.code bdi { overflow-wrap: anywhere; }
thead .figure { white-space: normal; }
.meaning { min-width: 12rem; }
.reasons { margin: 0.5rem 0 1rem; max-width: 72ch; }
.reasons dt { font-weight: 600; }
.reasons dd { margin: 0 0 0.25rem 1.25rem; overflow-wrap: anywhere; }
.wide-paper table { font-size: 0.85rem; }
.gap { font-style: italic; color: var(--quiet); }
.team { margin: 1.5rem 0 2.5rem; padding-top: 0.25rem; border-top: 2px solid var(--line); }
h2 + .team { margin-top: 0.5rem; border-top: 0; }
.own { columns: 24rem; column-gap: 2rem; margin: 0.5rem 0 1rem; }
.own > table { break-inside: avoid; margin-bottom: 1rem; }
table.compact { table-layout: fixed; font-size: 0.85rem; }
.compact th, .compact td { padding: 0.25rem 0.4rem; }
.compact caption { padding: 0.25rem 0.4rem; font-weight: 600; color: var(--text); }
.compact .name { min-width: 0; max-width: none; }
.compact .figure { width: 6.2rem; white-space: normal; overflow-wrap: anywhere; }
header p, .days { max-width: none; }
@media (max-width: 40rem) {
  .wide { display: none; }
  .narrow { display: block; }
  .hero strong { font-size: 2.1rem; }
  nav ul { flex-wrap: nowrap; overflow-x: auto; }
  nav li { flex: none; max-width: 15rem; }
  .stats { gap: 0.6rem 1.5rem; }
  .beside { display: none; }
  .meaning { min-width: 0; }
  .scroll > table.small { min-width: 0; }
  table { font-size: 0.85rem; }
  .name { min-width: 7rem; max-width: 9.5rem; }
  .allocated .name, .book .name, .small .name { min-width: 7.5rem; max-width: 9.5rem; }
  .allocated td:not(.figure) { min-width: 5rem; max-width: 7rem; }
  .compact .figure { width: 5rem; }
  th, td { padding: 0.35rem; }
}
@page { margin: 16mm 12mm; @top-left { font: 8pt sans-serif; color: #333333; } @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #333333; } }
@page sideways { size: landscape; }
@media print {
  :root { font-size: 9pt; color-scheme: light; --page: #ffffff; --panel: #ffffff; --text: #000000; --quiet: #333333; --line: #bbbbbb; --link: #000000;
    --warn-page: #ffffff; --warn-text: #000000; --warn-line: #000000; --over: #000000;
    --metered: #1f4e86; --self-hosted: #3f8f86; --subscription: #bcc3cc; --caller-key: #dccdb8; }
  body { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  a { color: inherit; text-decoration: none; }
  p, .reasons { max-width: none; }
  h2 { margin-top: 14pt; }
  .team { margin: 10pt 0 14pt; }
  .stats { padding: 5pt 8pt; }
  .wide { display: block; max-width: 200mm; }
  .narrow { display: none; }
  .few { max-width: 130mm; }
  .beside { display: table-cell; }
  .scroll { overflow: visible; border: 0; margin: 4pt 0 8pt; }
  .scroll:has(> .small, > .book) { break-inside: avoid; }
  details .scroll:has(> .small) { break-inside: auto; }
  details:not(.printed) { display: none; }
  details.printed::details-content { content-visibility: visible; display: block; height: auto; }
  @supports selector(::details-content) { summary { display: none; } }
  table, table.compact { font-size: 7.5pt; }
  th, td { padding: 1.5pt 4pt; }
  .scroll th:first-child, caption > span { position: static; }
  .name, .book .name, .small .name { min-width: 0; max-width: 60mm; }
  .allocated .name { min-width: 22mm; }
  .allocated td:not(.figure) { min-width: 0; max-width: 40mm; }
  .own { columns: 70mm; column-gap: 12pt; }
  .own > table { margin-bottom: 6pt; }
  .wide-paper { page: sideways; }
  .wide-paper table { font-size: 7pt; }
  .wide-paper th, .wide-paper td { padding: 1.5pt 3pt; }
  .compact .figure { width: 17.5mm; }
  .compact th, .compact td { padding: 1.5pt 2.5pt; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  p, tr, .stats, .facts, .lacks, figure, .hero, .compact { break-inside: avoid; }
  h2, h3, h2 + p, caption, thead, .lead, .facts, .reasons dt { break-after: avoid; }
  tfoot, tbody tr:last-child { break-before: avoid; }
  tbody tr:first-child { break-after: avoid; }
}
`;
