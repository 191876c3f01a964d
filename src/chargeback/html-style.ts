/** The page's whole appearance: system fonts, light and dark as the reader's system is, plain on paper. */
export const STYLE = `
:root { color-scheme: light dark; --page: #ffffff; --panel: #f4f5f7; --text: #1a1d21; --quiet: #515a64; --line: #d5d9de;
  --link: #0b57a4; --warn-page: #fff3dc; --warn-text: #563a00; --warn-line: #d99a1c; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --panel: #1e2226; --text: #e8eaed; --quiet: #a9b2bc; --line: #373d44;
    --link: #8ab8f0; --warn-page: #35270a; --warn-text: #ffdc9b; --warn-line: #b07a10; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 4rem; background: var(--page);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 0.25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.5rem; overflow-wrap: anywhere; }
p { margin: 0.25rem 0 0.75rem; max-width: 70ch; overflow-wrap: anywhere; }
a { color: var(--link); }
.quiet { color: var(--quiet); }
.stats { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1.25rem 0; }
.stats > div { flex: 1 1 11rem; padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--panel); }
.stats dt { color: var(--quiet); font-size: 0.875rem; }
.stats dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.lacks { margin: 1rem 0; padding: 0.75rem 1rem; border: 1px solid var(--warn-line); border-left-width: 0.4rem; border-radius: 0.5rem;
  background: var(--warn-page); color: var(--warn-text); }
.lacks p { margin: 0; font-weight: 600; }
.lacks ul { margin: 0.25rem 0 0; padding-left: 1.25rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.5rem; }
.scroll + p { margin-top: 0.75rem; }
.scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
caption { padding: 0.5rem; text-align: left; color: var(--quiet); }
caption > span { overflow-wrap: anywhere; position: sticky; left: 0.5rem; display: block; width: fit-content; max-width: min(70ch, 100vw - 3.5rem); }
th, td { padding: 0.35rem 0.5rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { background: var(--panel); vertical-align: bottom; }
thead th:first-child { overflow-wrap: anywhere; }
tbody th { font-weight: 400; }
tfoot th, tfoot td { border-top: 2px solid var(--quiet); background: var(--panel); font-weight: 600; }
th:first-child { position: sticky; left: 0; background: var(--page); }
thead th:first-child, tfoot th:first-child { background: var(--panel); }
tr.unallocated > * { border-top: 2px solid var(--quiet); font-style: italic; }
tr.owing > *, tr.owing > th:first-child { background: var(--warn-page); color: var(--warn-text); font-weight: 600; }
tr.owing .gap { color: inherit; }
.name { min-width: 16rem; max-width: 26rem; overflow-wrap: anywhere; }
.allocated .name { min-width: 8.5rem; }
.allocated td:not(.figure) { min-width: 4.5rem; max-width: 12rem; overflow-wrap: anywhere; }
.name bdi { display: block; max-height: 7.5em; overflow-y: auto; }
.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.code bdi { display: inline-block; max-width: 14rem; overflow-x: auto; white-space: nowrap; vertical-align: top; }
thead .figure { white-space: normal; }
.meaning { min-width: 12rem; }
.gap { font-style: italic; color: var(--quiet); }
header p, .days { max-width: none; }
@media (max-width: 40rem) {
  .stats > div { flex-basis: 8rem; }
  .stats dd { font-size: 1.2rem; }
  table { font-size: 0.85rem; }
  .name { min-width: 7rem; max-width: 9.5rem; }
  .allocated .name { min-width: 8rem; max-width: 9.5rem; }
  .allocated td:not(.figure) { min-width: 5rem; max-width: 7rem; }
}
@page { size: A4 landscape; margin: 12mm; }
@media print {
  :root { color-scheme: light; --page: #ffffff; --panel: #ffffff; --text: #000000; --quiet: #333333; --line: #999999; --link: #000000;
    --warn-page: #ffffff; --warn-text: #000000; --warn-line: #000000; }
  body { max-width: none; padding: 0; font-size: 9pt; }
  .scroll { overflow: visible; border: 0; }
  table { font-size: 7.5pt; }
  th, td { padding: 1.5pt 4pt; }
  th:first-child { position: static; }
  .name { min-width: 0; max-width: 60mm; }
  .allocated .name { min-width: 22mm; }
  .allocated td:not(.figure) { min-width: 0; max-width: 40mm; }
  .name bdi { max-height: none; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  tr, .stats, .lacks { break-inside: avoid; }
  h2, caption { break-after: avoid; }
}
`;
