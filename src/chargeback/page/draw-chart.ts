import { html, raw } from "hono/html";
import type { Html } from "./cells.ts";

/** What the library is told for a colour, and the class of the style sheet that stands for it: light, dark or paper. */
export const CHART_COLORS = { text: "#000001", line: "#000002", metered: "#000003", self_hosted: "#000004", subscription: "#000005", caller_key: "#000006" } as const;
const CLASSES: ReadonlyMap<string, string> = new Map(Object.entries(CHART_COLORS).map(([name, color]) => [color, `chart-${name.replace("_", "-")}`]));

export interface Chart {
  /** Unique on the page. */
  id: string;
  title: string;
  /** What the drawing shows, for those who do not see it. */
  description: string;
  width: number;
  height: number;
  drawing: Drawing;
}

export interface Drawing {
  /** What the bars are called, in their order: names from outside, which the library never sees. */
  names: readonly string[];
  /** ECharts' option, with `CHART_COLORS` for colours and `nameMark` for names. */
  option: Record<string, unknown>;
}

/**
 * Stands for a name in what the library is given. It keeps texts it has measured as keys of a plain object, and a model
 * called `__proto__` changed `Object.prototype` for the whole process.
 */
export function nameMark(index: number): string {
  return `name-${String(index)}`;
}

/** Draws on the server, always the same bytes for the same chart. */
export type DrawChart = (chart: Chart) => Html;

/** Loads the charting library, which only reports need. */
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

/** An element the library draws, with its attributes and, of texts, its escaped content. */
const SHAPE = /<(path|text)((?: [a-z_-]+="[^"]*")*)>([^<]*)<\/\1>/g;

/**
 * Only shapes and texts, with nothing of the library's that a strict page forbids or that counts up from chart to chart:
 * style sheets, style attributes, class names, handlers' data. Shapes of one colour become one, marks become names.
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

/** A text as the library drew it, or the escaped name for which it stands. */
function nameAt(content: string, names: readonly string[]): string {
  const mark = /^name-(\d+)$/.exec(content);
  return mark === null ? content : escapeName(names[Number(mark[1])] ?? "");
}

const ESCAPES: ReadonlyMap<string, string> = new Map([["&", "&amp;"], ["<", "&lt;"], [">", "&gt;"], ['"', "&quot;"], ["'", "&#39;"]]);

function escapeName(name: string): string {
  return name.replace(/[&<>"']/g, (character) => ESCAPES.get(character) ?? "");
}
