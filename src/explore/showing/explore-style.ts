import { STYLE } from "../../chargeback/page/style.ts";

/** The style sheet of the pages: that of reports, with colours for series, and a form. */
export const EXPLORE_STYLE = `${STYLE}
:root { --series-1: #1f5fa8; --series-2: #0f8175; --series-3: #b8560a; --series-4: #7a4fb5; --series-5: #b3364f; --series-6: #66700f; --series-7: #7d5a3c; --series-others: #848d98; }
@media (prefers-color-scheme: dark) {
  :root { --series-1: #6aa5ea; --series-2: #45c0b0; --series-3: #f0a055; --series-4: #b493ea; --series-5: #ee8297; --series-6: #b9c24f; --series-7: #c9a27e; --series-others: #7c8794; } }
${["1", "2", "3", "4", "5", "6", "7", "others"].map((name) => `path.chart-series-${name} { fill: var(--series-${name}); } .swatch.chart-series-${name} { background: var(--series-${name}); }`).join("\n")}
input, select, button { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--quiet); border-radius: 0.35rem; padding: 0.3rem 0.5rem; min-height: 2.25rem; max-width: 100%; }
button { background: var(--link); border-color: var(--link); color: var(--page); font-weight: 600; padding: 0.3rem 1.25rem; cursor: pointer; }
input:focus-visible, select:focus-visible, button:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.ask { margin: 1rem 0 1.5rem; padding: 0.9rem 1.1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--panel); }
.ask details { margin: 0.75rem 0; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0.6rem 1rem; }
.fields label { display: flex; flex-direction: column; gap: 0.15rem; font-size: 0.85rem; color: var(--quiet); min-width: 0; overflow-wrap: anywhere; }
.fields input, .fields select { width: 100%; font-size: 1rem; color: var(--text); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.links { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1.25rem; margin: 0.5rem 0; padding: 0; list-style: none; max-width: none; }
.links a { display: inline-block; padding: 0.2rem 0; }
.filters { display: flex; flex-wrap: wrap; gap: 0.4rem 0.6rem; margin: 0.5rem 0 1rem; padding: 0; list-style: none; }
.filters li { display: flex; gap: 0.6rem; align-items: baseline; max-width: 100%; padding: 0.2rem 0.7rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--panel); overflow-wrap: anywhere; }
.legend li, .legend a { overflow-wrap: anywhere; }
thead th a, tbody th a { overflow-wrap: anywhere; }
td.time { white-space: nowrap; }
.explored td.figure:first-of-type { font-weight: 600; }
.explored .name { min-width: 12.5rem; max-width: 17rem; }
.explored .name, .explored td.who, .explored td.models, .explored thead .figure { overflow-wrap: break-word; }
.explored td.models { min-width: 17rem; max-width: 22rem; }
.explored td.who { min-width: 11rem; max-width: 16rem; }
.explored thead .figure { min-width: 5rem; max-width: 8rem; }
.days { margin: 0 0 0.75rem; }
.days strong { padding: 0.2rem 0; }
@media (max-width: 40rem) { .explored .name, .explored td.who { min-width: 8.5rem; max-width: 10rem; } .explored td.models { min-width: 12rem; max-width: 16rem; } .fields { grid-template-columns: repeat(2, minmax(0, 1fr)); } .ask { padding: 0.75rem; } }
@media print { .ask, .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.links { display: none; } }
`;
