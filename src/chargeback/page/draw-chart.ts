import { html, raw } from "hono/html";
import type { Html } from "./cells.ts";

/** Placeholder colours for the library. Each becomes a class of the style sheet, which has colours for light, dark and paper. */
export const CHART_COLORS = {
  text: "#000001", line: "#000002", metered: "#000003", self_hosted: "#000004", subscription: "#000005", caller_key: "#000006",
  series_1: "#000011", series_2: "#000012", series_3: "#000013", series_4: "#000014", series_5: "#000015", series_6: "#000016", series_7: "#000017", series_others: "#000018",
} as const;
const CLASSES: ReadonlyMap<string, string> = new Map(Object.entries(CHART_COLORS).map(([name, color]) => [color, `chart-${name.replace("_", "-")}`]));

export interface Chart {
  /** Unique on the page. */
  id: string;
  title: string;
  /** Describes the drawing for readers who cannot see it. */
  description: string;
  width: number;
  height: number;
  drawing: Drawing;
}

export interface Drawing {
  /** Names of the bars, in order. They come from outside, and the library never sees them. */
  names: readonly string[];
  /** Option of ECharts, with `CHART_COLORS` as colours and `nameMark` as names. */
  option: Record<string, unknown>;
}

/**
 * Placeholder for a name. The library uses the texts it measures as keys of a plain object: a model called `__proto__` would change
 * `Object.prototype` for the whole process.
 */
export function nameMark(index: number): string {
  return `name-${String(index)}`;
}

/** Draws on the server. The same chart always becomes the same bytes. */
export type DrawChart = (chart: Chart) => Html;

/** Loads the charting library, which only reports use. */
export async function loadCharts(): Promise<DrawChart> {
  const [{ init, use }, { BarChart }, { GridComponent }, { SVGRenderer }] = await Promise.all([
    import("echarts/core"),
    import("echarts/charts"),
    import("echarts/components"),
    import("echarts/renderers"),
  ]);
  use([BarChart, GridComponent, SVGRenderer]);
  return ({ id, title, description, width, height, drawing: { names, option } }) => {
    const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
    try {
      chart.setOption({ animation: false, ...option });
      return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>
${raw(plainShapes(chart.renderToSVGString(), names))}</svg>`;
    } finally {
      chart.dispose();
    }
  };
}

/** An element drawn by the library: its attributes and, for text, its escaped content. */
const SHAPE = /<(path|text)((?: [a-z_-]+="[^"]*")*)>([^<]*)<\/\1>/g;

/**
 * Keeps shapes and text only. Style sheets, style attributes, class names and data for handlers are dropped: the page's policy forbids some of
 * them, and others number the charts of a process. Adjacent shapes of one colour become one; placeholders become names.
 */
function plainShapes(svg: string, names: readonly string[]): string {
  const drawn: string[] = [];
  let open: { name: string; path: string } | undefined;
  const close = (): void => {
    if (open !== undefined) drawn.push(`<path class="${open.name}" d="${open.path}"/>\n`);
    open = undefined;
  };
  for (const [, element, attributes = "", content = ""] of svg.matchAll(SHAPE)) {
    const read = (name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
    const name = CLASSES.get(read("stroke")) ?? CLASSES.get(read("fill"));
    if (name === undefined) continue;
    if (element === "path") {
      if (open?.name !== name) close();
      open = { name, path: `${open?.path ?? ""}${read("d")}` };
    } else {
      close();
      const place = ["transform", "x", "y", "text-anchor"].map((key) => (read(key) === "" ? "" : ` ${key}="${read(key)}"`)).join("");
      drawn.push(`<text class="${name}" dominant-baseline="central"${place}>${nameAt(content, names)}</text>\n`);
    }
  }
  close();
  return drawn.join("");
}

/** A text drawn by the library, or the escaped name it is a placeholder for. */
function nameAt(content: string, names: readonly string[]): string {
  const mark = /^name-(\d+)$/.exec(content);
  return mark === null ? content : escapeName(names[Number(mark[1])] ?? "");
}

const ESCAPES: ReadonlyMap<string, string> = new Map([["&", "&amp;"], ["<", "&lt;"], [">", "&gt;"], ['"', "&quot;"], ["'", "&#39;"]]);

function escapeName(name: string): string {
  return name.replace(/[&<>"']/g, (character) => ESCAPES.get(character) ?? "");
}
