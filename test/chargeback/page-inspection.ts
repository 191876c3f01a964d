import type { Page } from "playwright-core";

/** A table as a reader sees it: texts of its cells, row by row. */
export interface SeenTable {
  caption: string;
  head: string[];
  body: string[][];
  foot: string[];
}

export async function readTables(page: Page): Promise<SeenTable[]> {
  return await page.evaluate<SeenTable[]>(`(() => {
    const cells = (row) => row === undefined ? [] : [...row.cells].map((cell) => cell.innerText.trim());
    return [...document.querySelectorAll("table")].map((table) => ({
      caption: table.caption?.innerText ?? "",
      head: cells(table.tHead?.rows[0]),
      body: [...(table.tBodies[0]?.rows ?? [])].map(cells),
      foot: cells(table.tFoot?.rows[0]),
    }));
  })()`);
}

/** Texts whose contrast with what is behind them is below WCAG's AA for small text, with their ratio. */
export async function findFaintTexts(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`(() => {
    const parse = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = ([red, green, blue]) => {
      const [r, g, b] = [red, green, blue].map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const color = parse(getComputedStyle(at).backgroundColor);
        if (color.length === 3 || color[3] > 0) return color;
      }
      return [255, 255, 255];
    };
    const faint = [];
    for (const element of document.body.querySelectorAll("*")) {
      const own = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim() !== "");
      if (own.length === 0) continue;
      const [text, page] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
      const ratio = (Math.max(text, page) + 0.05) / (Math.min(text, page) + 0.05);
      if (ratio < 4.5) faint.push(own[0].data.trim() + " " + ratio.toFixed(2));
    }
    return faint;
  })()`);
}

/** Things that people with assistive technology would stumble over; none is good. */
export async function findObstacles(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`(() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const found = [];
    if (document.documentElement.lang !== "en") found.push("no language");
    if (document.title.trim() === "") found.push("no title");
    if (all("h1").length !== 1 || all("main").length !== 1) found.push("not one h1 and one main");
    const levels = all("h1, h2, h3, h4, h5, h6").map((heading) => Number(heading.tagName[1]));
    levels.forEach((level, index) => { if (level > (levels[index - 1] ?? 0) + 1) found.push("heading level skipped at " + index); });
    const ids = all("[id]").map(({ id }) => id);
    if (new Set(ids).size !== ids.length) found.push("an id twice");
    for (const section of all("section")) {
      if (document.getElementById(section.getAttribute("aria-labelledby"))?.closest("section") !== section) found.push("a section without its heading");
    }
    for (const table of all("table")) {
      if (!table.caption?.textContent.trim()) found.push("a table without caption");
      if (table.tHead === null || table.tBodies.length !== 1) found.push("a table without thead or tbody");
      const widths = new Set([...table.rows].map(({ cells }) => cells.length));
      if (widths.size !== 1) found.push("rows of several widths");
      for (const row of table.tBodies[0].rows) if (row.cells[0].tagName !== "TH") found.push("a row without header");
    }
    for (const header of all("th")) {
      const wanted = header.closest("thead") === null ? "row" : "col";
      if (header.scope !== wanted) found.push("th without scope " + wanted);
      if (header.textContent.trim() === "") found.push("an empty th");
    }
    for (const region of all(".scroll")) {
      if (region.tabIndex !== 0 || region.getAttribute("role") !== "group" || !region.getAttribute("aria-label")) found.push("a scroller out of reach");
    }
    for (const link of all("a")) if (link.innerText.trim() === "") found.push("a link without text");
    return found;
  })()`);
}

/** CSS pixels that the page is wider than the window; 0 is good. */
export async function measureOverflow(page: Page): Promise<number> {
  return await page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}
