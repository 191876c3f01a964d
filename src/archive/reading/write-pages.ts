import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PAGE_END, pageStart, renderIndex, renderTurn, threadHead } from "./render-pages.ts";
import type { Thread, ThreadStore } from "./thread-store.ts";

/** Writes an index and a page for each thread into a folder, a request at a time. */
export async function writePages(folder: string, store: ThreadStore): Promise<void> {
  const threads = store.threads();
  const digits = Math.max(4, String(threads.length).length);
  const pages = threads.map((_, index) => `${String(index + 1).padStart(digits, "0")}.html`);
  writeFileSync(join(folder, "index.html"), `${await pageStart("Conversations")}${await renderIndex(threads, pages)}${PAGE_END}`);
  for (const [index, thread] of threads.entries()) await writePage(join(folder, pages[index] ?? ""), thread, store);
}

async function writePage(file: string, thread: Thread, store: ThreadStore): Promise<void> {
  const out = openSync(file, "w");
  try {
    writeFileSync(out, await pageStart(`Conversation of ${thread.caller}`));
    writeFileSync(out, await threadHead(thread));
    for (const [index, turn] of thread.turns.entries()) writeFileSync(out, await renderTurn(turn, index + 1, turn.added.map((id) => store.message(thread, id))));
    writeFileSync(out, PAGE_END);
  } finally {
    closeSync(out);
  }
}
