const REPORTS = "reports/";

/**
 * Key in the lake of a path below `/reports/`, as it stands in the request; undefined for what names no file there.
 * Each part is decoded by itself, so that no encoded slash or dot makes two parts of one.
 */
export function toReportKey(path: string): string | undefined {
  const parts = path.split("/").map(decodePart);
  return parts.every((part) => part !== undefined) ? `${REPORTS}${parts.join("/")}` : undefined;
}

function decodePart(part: string): string | undefined {
  try {
    const decoded = decodeURIComponent(part);
    // oxlint-disable-next-line no-control-regex -- they are what is refused
    return decoded === "" || decoded.startsWith(".") || /[/\\\0-\x1F\x7F]/.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

/** Where a report is found; the other way round than `toReportKey`. */
export function toReportPath(key: string): string {
  return `/${key.split("/").map(encodeURIComponent).join("/")}`;
}

export interface FileKind {
  /** For people. */
  title: string;
  type: string;
  /** Whether a browser shows it; else it saves it. */
  shown: boolean;
}

const KINDS: Readonly<Record<string, FileKind>> = {
  html: { title: "page", type: "text/html; charset=utf-8", shown: true },
  json: { title: "JSON", type: "application/json", shown: true },
  csv: { title: "CSV", type: "text/csv; charset=utf-8", shown: false },
  parquet: { title: "Parquet", type: "application/vnd.apache.parquet", shown: false },
};
const OTHER: FileKind = { title: "file", type: "application/octet-stream", shown: false };

export function kindOf(key: string): FileKind {
  const suffix = /\.([a-z]+)$/.exec(key)?.[1] ?? "";
  return Object.hasOwn(KINDS, suffix) ? (KINDS[suffix] ?? OTHER) : OTHER;
}

/** `Content-Disposition` by which a browser saves the file: `2026-10-chargeback.csv`, a name that tells its month. */
export function saveAs(key: string): string {
  const name = key.slice(REPORTS.length).replace(/[^A-Za-z0-9._-]/g, "-");
  return `attachment; filename="${name}"`;
}
