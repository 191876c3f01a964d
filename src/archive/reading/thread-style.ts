/** The style sheet of the pages: system fonts, light or dark like the reader's system. */
export const THREAD_STYLE = `
:root { color-scheme: light dark; --line: #c5cbd2; --quiet: #515a64; --panel: #f5f6f8; }
@media (prefers-color-scheme: dark) { :root { --line: #373d44; --quiet: #a9b2bc; --panel: #1e2226; } }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; font: 1rem/1.5 system-ui, sans-serif; }
h1, h2, h3, p, td, dd, summary { overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 0.25rem; border-top: 1px solid var(--line); padding-top: 1rem; }
h3 { font-size: 0.95rem; margin: 0; }
.quiet { color: var(--quiet); font-size: 0.9rem; margin: 0.25rem 0; }
article { margin: 0.75rem 0; padding: 0.5rem 0.9rem; border: 1px solid var(--line); border-radius: 0.5rem; }
article.answer { background: var(--panel); margin-left: 2rem; }
pre { margin: 0.4rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
details pre { font-family: ui-monospace, monospace; font-size: 0.9rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: 0.3rem 0.9rem 0.3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
`;
