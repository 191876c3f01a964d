import type { Page } from "playwright-core";

/** An amount as it is drawn. */
export interface Drawn {
  text: string;
  /** Dollars that the tooltip gives, to the billionth. */
  exact: string;
}

/** A cell as it is drawn, with the amounts in it. */
export interface ReadCell {
  text: string;
  amounts: Drawn[];
}

export interface ReadRow {
  /** Its header, then its cells that are no figures. */
  names: string[];
  /** By the title of the column. */
  figures: Record<string, ReadCell>;
}

export interface ReadTable {
  /** Id of the section. */
  section: string;
  /** The nearest heading above it in the section, `""` without one. */
  heading: string;
  caption: string;
  rows: ReadRow[];
  /** Null without a line below the rows. */
  foot: ReadRow | null;
}

/** An amount outside tables. */
export interface ReadAmount extends Drawn {
  section: string;
  heading: string;
  /** The text of its paragraph between the amount before it and this one. */
  before: string;
}

export interface ReadPage {
  status: string;
  tables: ReadTable[];
  amounts: ReadAmount[];
  /** Paragraphs and cells with dollars that no tooltip stands behind, with the dollars that have one as `#`. */
  bare: { section: string; text: string }[];
  /** How many labels of axes have dollars. */
  axes: number;
  /** Elements whose machine value and tooltip differ. */
  contradictions: string[];
}

/** Reads everything that a page draws, with what is folded away opened. */
export async function readPage(page: Page): Promise<ReadPage> {
  return await page.evaluate<ReadPage>(`(() => {
    const EXACT = /^-?\\$\\d+\\.\\d{9}$/;
    const all = (selector, from = document) => [...from.querySelectorAll(selector)];
    const squeeze = (text) => text.replace(/[\\s\\u00A0]+/g, " ").trim();
    for (const one of all("details")) one.open = true;
    const isDrawn = (element) => element.getClientRects().length > 0;
    const exactOf = (element) => EXACT.test(element.title ?? "") ? element.title.replace("$", "") : null;
    const sectionOf = (element) => element.closest("section")?.getAttribute("aria-labelledby") ?? "";
    const headingOf = (element) => {
      const above = all("h3", element.closest("section") ?? document).filter((one) => one.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
      return squeeze(above.at(-1)?.innerText ?? "");
    };
    const toCell = (cell) => {
      const amounts = [cell, ...all("[title]", cell)].filter((one) => exactOf(one) !== null);
      return { text: squeeze(cell.innerText), amounts: amounts.map((one) => ({ text: squeeze(one.innerText), exact: exactOf(one) })) };
    };
    const tables = all("table").filter(isDrawn).map((table) => {
      const head = [...table.tHead.rows[0].cells];
      const toRow = (row) => {
        const cells = [...row.cells];
        const isFigure = (index) => head[index].classList.contains("figure");
        return {
          names: cells.flatMap((cell, index) => isFigure(index) || cell.classList.contains("meaning") ? [] : [squeeze(cell.innerText)]),
          figures: Object.fromEntries(cells.flatMap((cell, index) => isFigure(index) ? [[squeeze(head[index].innerText), toCell(cell)]] : [])),
        };
      };
      const foot = table.tFoot?.rows[0];
      return { section: sectionOf(table), heading: headingOf(table), caption: squeeze(table.caption.innerText), rows: [...table.tBodies[0].rows].map(toRow), foot: foot === undefined ? null : toRow(foot) };
    });
    const blockOf = (element) => element.closest("td, p, li, dl > div");
    const drawn = all("data[title]").filter((element) => isDrawn(element) && element.closest("table") === null);
    const amounts = drawn.map((element) => {
      const before = document.createRange();
      const earlier = drawn.filter((other) => other !== element && blockOf(other) === blockOf(element) && (other.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)).at(-1);
      if (earlier === undefined) before.setStart(blockOf(element), 0); else before.setStartAfter(earlier);
      before.setEndBefore(element);
      return { section: sectionOf(element), heading: headingOf(element), before: squeeze(before.toString()), text: squeeze(element.innerText), exact: exactOf(element) };
    });
    const contradictions = all("data").filter((element) => element.title.replace("$", "") !== element.value).map((element) => element.outerHTML);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const bare = new Map();
    let axes = 0;
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      if (!/\\$/.test(node.data) || !isDrawn(node.parentElement)) continue;
      if (node.parentElement.closest("svg") !== null) { if (node.parentElement.closest("title, desc") === null) axes += 1; continue; }
      const holder = node.parentElement.closest("[title]");
      if (holder !== null && exactOf(holder) !== null) continue;
      const block = blockOf(node.parentElement) ?? node.parentElement;
      let text = "";
      const write = (one) => { if (one.nodeType === Node.TEXT_NODE) text += one.data; else if (one.tagName === "DATA") text += "#"; else one.childNodes.forEach(write); };
      block.childNodes.forEach(write);
      bare.set(block, { section: sectionOf(block), text: squeeze(text) });
    }
    return { status: squeeze(document.querySelector(".status").innerText), tables, amounts, bare: [...bare.values()], axes, contradictions };
  })()`);
}
