/** The navigation on top of every page, with the colours of the page's own style sheet. */
export const NAVIGATION_STYLE = `.skip { position: absolute; left: 0.5rem; top: -4rem; padding: 0.5rem 1rem; background: var(--page); border: 2px solid var(--link); z-index: 2; }
.skip:focus { top: 0.5rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; margin: 0 0 1.5rem; padding: 0.4rem 0; border-bottom: 1px solid var(--line); font-size: 0.9rem; }
nav li { display: block; padding: 0; border: 0; }
nav a { display: inline-block; padding: 0.3rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav a[aria-current] { color: var(--text); font-weight: 600; }
`;

/** The style sheet of the worker's own pages: system fonts, light or dark like the reader's system. */
export const STYLE = `
:root { color-scheme: light dark; --page: #ffffff; --panel: #f5f6f8; --text: #1a1d21; --quiet: #515a64; --line: #d5d9de; --link: #0b57a4;
  --warn-page: #fff6e3; --warn-text: #563a00; --warn-line: #d99a1c; --over: #a1260d; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --panel: #1e2226; --text: #e8eaed; --quiet: #a9b2bc; --line: #373d44; --link: #8ab8f0;
  --warn-page: #35270a; --warn-text: #ffdc9b; --warn-line: #b07a10; --over: #ffab98; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem clamp(0.75rem, 3vw, 2.5rem) 4rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main:focus { outline: none; }
a:focus-visible, button:focus-visible, input:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
${NAVIGATION_STYLE}h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 0.5rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.25rem; }
h3 { font-size: 1.05rem; margin: 1.25rem 0 0.25rem; }
p { margin: 0.25rem 0 0.75rem; }
a { color: var(--link); }
ul { list-style: none; margin: 0; padding: 0; }
li { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; padding: 0.35rem 0; border-top: 1px solid var(--line); }
.quiet { color: var(--quiet); }
.over { color: var(--over); font-weight: 600; }
.stats { display: flex; flex-wrap: wrap; gap: 0.75rem 2rem; margin: 1rem 0; padding: 0.9rem 1.1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--panel); }
.stats dt { color: var(--quiet); font-size: 0.85rem; }
.stats dd { margin: 0; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.stats dd small { display: block; font-size: 0.85rem; font-weight: 400; color: var(--quiet); }
.notice { margin: 1rem 0; padding: 0.75rem 1rem; border: 1px solid var(--line); border-left-width: 0.4rem; border-radius: 0.5rem; background: var(--panel); }
.notice.warn { border-color: var(--warn-line); background: var(--warn-page); color: var(--warn-text); }
.notice p { margin: 0; }
.notice p + p, .notice p + ul { margin-top: 0.35rem; }
.notice li { border-color: var(--warn-line); }
.notice.warn .quiet { color: inherit; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.5rem; margin: 0.5rem 0 1rem; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
caption { padding: 0.5rem; text-align: left; color: var(--quiet); }
caption > span { position: sticky; left: 0.5rem; display: block; width: fit-content; max-width: min(70ch, 100vw - 3.5rem); }
th, td { overflow-wrap: break-word; padding: 0.35rem 0.5rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { background: var(--panel); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
.name { min-width: 7rem; max-width: 18rem; overflow-wrap: anywhere; }
.scroll td:not(.figure) { min-width: 9rem; }
.scroll td.words { min-width: 15rem; }
.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
thead .figure { white-space: normal; }
form { margin: 0.75rem 0 1.5rem; max-width: 40rem; }
label { display: block; margin: 0.6rem 0 0.15rem; }
label .quiet { font-size: 0.85rem; }
input { width: 100%; padding: 0.45rem 0.6rem; border: 1px solid var(--quiet); border-radius: 0.35rem; background: var(--page); color: var(--text); font: inherit; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 0 1rem; align-items: end; }
button { margin: 1rem 0 0; padding: 0.5rem 1.1rem; border: 1px solid var(--link); border-radius: 0.35rem; background: var(--link); color: var(--page); font: inherit; font-weight: 600; cursor: pointer; }
code { font: 0.9em ui-monospace, monospace; }
@media (max-width: 40rem) { table { font-size: 0.85rem; } th, td { padding: 0.3rem 0.35rem; } nav ul { gap: 0 0.9rem; } }
`;
