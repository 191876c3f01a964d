/** The style sheet of the certificate: system fonts, plain on A4, readable on a phone. It is always light, since it is a document to file. */
export const CERTIFICATE_STYLE = `
:root { color-scheme: light; --text: #1a1d21; --quiet: #515a64; --line: #c9ced5; --pass: #14532d; --part: #563a00; --fail: #8f1d0a; }
@page { size: A4; margin: 18mm 16mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 52rem; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 3rem; background: #ffffff; color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 0.5rem; font-size: 1.1rem; font-weight: 400; color: var(--quiet); }
h2 { margin: 2rem 0 0.25rem; font-size: 1.2rem; break-after: avoid; }
p { margin: 0.25rem 0 0.75rem; }
.verdict { margin: 0.5rem 0 1rem; padding: 0.75rem 1rem; border: 2px solid currentColor; border-left-width: 0.6rem; }
.verdict strong { display: block; font-size: 1.75rem; line-height: 1.2; }
.pass { color: var(--pass); }
.part { color: var(--part); }
.fail { color: var(--fail); }
dl { display: grid; grid-template-columns: minmax(8rem, 12rem) 1fr; margin: 0.5rem 0 1rem; border-bottom: 1px solid var(--line); }
dt, dd { margin: 0; padding: 0.3rem 0; border-top: 1px solid var(--line); }
dt { padding-right: 1rem; color: var(--quiet); }
dd ul { margin: 0; padding: 0; list-style: none; }
ol, ul { margin: 0.25rem 0 1rem; padding-left: 1.75rem; }
li { margin: 0.25rem 0; }
code { font: 0.9em/1.4 ui-monospace, monospace; }
.call { margin: 0.25rem 0 0.75rem; padding: 0.5rem 0.75rem; border: 1px solid var(--line); }
.call code { display: block; white-space: pre-wrap; }
.quiet { color: var(--quiet); }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { padding-top: 0; border-top: 0; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } li, .verdict, .call { break-inside: avoid; } }
`;
